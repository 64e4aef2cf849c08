/// The text form in which Prometheus and node_exporter read metrics: the text exposition format 0.0.4.
package enum PrometheusText {
    /// What HTTP calls it.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A page: the families in their order. Each name occurs once in a page.
    package static func page(_ families: [MetricFamily]) -> String { families.map(\.text).joined() }

    /// The longest value of a label, in Unicode scalars: longer than any name or commit of ours, and short enough that what
    /// others wrote fills no database.
    private static let longestValue = 200

    static func labels(_ labels: [(name: String, value: String)]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\(value($0.value))\"" }.joined(separator: ",") + "}"
    }

    /// A value between its quotation marks. What a terminal would not show is made visible first: pages are also looked at.
    private static func value(_ text: String) -> String {
        let short = String(String.UnicodeScalarView(text.unicodeScalars.prefix(longestValue)))
        return escaped(VisibleText(short).description, quotes: true)
    }

    static func help(_ text: String) -> String { escaped(text, quotes: false) }

    /// By scalars: as characters, a quotation mark with an accent behind it would be another one.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A value as Go's ParseFloat reads it. Whole numbers stand without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? value.description
    }
}
