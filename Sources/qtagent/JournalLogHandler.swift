import DeployModel
import Logging

/// Log lines for the journal: one line each on standard error, with the priority in front as sd-daemon(3) has it, and the
/// metadata as `key=value` behind the message. The journal adds the time.
struct JournalLogHandler: LogHandler {
    let label: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(label: String, logLevel: Logger.Level = .info) {
        self.label = label
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let words = fields.map { "\($0.key)=\(Self.quoted("\($0.value)"))" }
        StandardError.print("<\(Self.priority(event.level))>" + (["\(event.message)"] + words).joined(separator: " "))
    }

    private static func quoted(_ text: String) -> String {
        let visible = VisibleText(text).description
        return visible.contains(" ") || visible.isEmpty ? "\"\(visible)\"" : visible
    }

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
