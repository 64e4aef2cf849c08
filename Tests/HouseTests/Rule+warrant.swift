extension Rule {
    /// Who makes an order one that may be acted on: the judge in one file, and two places that have another ground than a signature.
    /// Everything behind admission takes a `Verified` and nothing else.
    static let warrant = eachFile("warrant") { file in
        guard file.isShipped, let swift = file.swift else { return [] }
        let made = makers.filter { file.path != judge && file.path != $0.home }.flatMap { maker in
            swift.lines(of: maker.pattern).map { Violation(file.path, $0, "only \(maker.home) may \(maker.deed)") }
        }
        return made + (file.path == judge ? open(swift).map { Violation(file.path, $0, "must be fileprivate") } : [])
    }

    private static let judge = "Sources/DeployAgent/Trust/Verified.swift"

    private static let makers: [(pattern: [String], home: String, deed: String)] = [
        (["Verified", "("], judge, "make a Verified"),
        (["Verified", ".", "init"], judge, "make a Verified"),
        (["byRoot", "("], "Sources/DeployAgent/BreakGlass/BreakGlass.swift", "act for root"),
        (["ofJournal", "("], "Sources/DeployAgent/Services/JobService.swift", "believe a journal"),
    ]

    /// Initialisers that another file could call.
    private static func open(_ swift: SwiftText) -> [Int] {
        swift.tokens.indices.filter { index in
            let isInit = swift.tokens[index].text == "init" && (index == 0 || swift.tokens[index - 1].text != ".")
            return isInit && (index == 0 || swift.tokens[index - 1].text != "fileprivate")
        }.map { swift.tokens[$0].line }
    }
}
