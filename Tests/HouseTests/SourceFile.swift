/// One text file of the repository, as the rules see it.
struct SourceFile: Sendable {
    /// Relative to the repository's root, with `/` between the parts.
    let path: String
    let text: String
    let lines: [String]
    /// The Swift reading of the text; nil for every other kind of file.
    let swift: SwiftText?

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
        self.swift = path.hasSuffix(".swift") ? SwiftText(text) : nil
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var isTest: Bool { path.hasPrefix("Tests/") }
    /// Code that ends up in a binary.
    var isShipped: Bool { swift != nil && (path.hasPrefix("Sources/") || path.hasPrefix("protocol/Swift/")) }
    /// The rules themselves have to spell out what they forbid.
    var isHouse: Bool { path.hasPrefix("Tests/HouseTests/") }

    /// The target that the file belongs to, after the layout that Package.swift uses; nil outside of targets.
    var target: String? {
        let parts = path.split(separator: "/")
        if path.hasPrefix("protocol/Swift/") { return "DeployProtocol" }
        if path.hasPrefix("ops/bench/fleet/") { return "qtfleet" }
        guard parts.count > 2, parts[0] == "Sources" || parts[0] == "Tests" else { return nil }
        return String(parts[1])
    }
}
