import Foundation
import Testing

@Suite("Arrows")
struct ArrowTests {
    @Test("the table points down")
    func table() throws {
        #expect(try ArrowRule(layers: Layers.table, package: small()).wrongRows() == [])
    }

    @Test("the package and every import keep to the table")
    func tree() throws {
        let rule = ArrowRule(layers: Layers.table, package: try .ofThisPackage())
        #expect(rule.package.targets.count > Layers.table.count)
        let found = rule.wrongDependencies() + rule.wrongImports(in: Repository.files)
        for violation in found { Issue.record("\(violation)") }
    }

    /// Two layers over one another and a test target, in the form that SwiftPM prints.
    private func small(
        lower: String = "", upper: String = #"{"byName": ["Lower", null]}, {"product": ["Yams", "Yams", null, null]}"#,
        third: String = ""
    ) throws -> PackageDescription {
        let json = """
            {"targets": [
              {"name": "Lower", "type": "regular", "dependencies": [\(lower)]},
              {"name": "Upper", "type": "regular", "dependencies": [\(upper)]},
              \(third)
              {"name": "UpperTests", "type": "test", "dependencies": [{"byName": ["Upper", null]}]}
            ]}
            """
        return try PackageDescription(json: Data(json.utf8))
    }

    private let layers = [
        Layer("Lower", toolchain: ["Glibc"]),
        Layer("Upper", ours: ["Lower"], others: ["Logging", "Yams"]),
    ]

    @Test("a row that points up, at itself or at nothing is caught")
    func rows() throws {
        let rows = [Layer("A", ours: ["A"]), Layer("B", ours: ["A", "C"]), Layer("C", ours: ["D"])]
        let found = try ArrowRule(layers: rows, package: small()).wrongRows().map(\.message)
        #expect(found.map { $0.prefix(6) } == ["A -> A", "B -> C", "C -> D"])
        #expect(try ArrowRule(layers: layers, package: small()).wrongRows() == [])
    }

    @Test("a declared dependency outside of the table is caught")
    func dependencies() throws {
        #expect(try ArrowRule(layers: layers, package: small()).wrongDependencies() == [])

        let up = try small(lower: #"{"byName": ["Upper", null]}"#)
        let upward = ArrowRule(layers: layers, package: up).wrongDependencies().map(\.message)
        #expect(upward == ["Lower -> Upper: not in the table of layers"])

        let product = try small(upper: #"{"product": ["NIOCore", "swift-nio", null, null]}"#)
        let outside = ArrowRule(layers: layers, package: product).wrongDependencies().map(\.message)
        #expect(outside == ["Upper -> NIOCore: not in the table of layers"])
    }

    @Test("a target that the table or the package does not know is caught")
    func unknownTargets() throws {
        let third = try small(third: #"{"name": "Third", "type": "executable", "dependencies": []},"#)
        let found = ArrowRule(layers: layers + [Layer("Fourth")], package: third).wrongDependencies().map(\.message)
        #expect(found == ["Third: not in the table of layers", "Fourth: not in the package"])
    }

    @Test(
        "a wrong import is caught, however it is written",
        arguments: [
            ("Sources/Lower/A.swift", "import Upper", 1),
            ("Sources/Lower/A.swift", "\n@_exported public import struct Upper.A", 2),
            ("Sources/Lower/A.swift", "#if canImport(NIOCore)\npackage import NIOCore\n#endif", 2),
            ("Sources/Lower/A.swift", "/* import A */ internal import Yams", 1),
            ("Sources/Lower/A.swift", "import Foundation", 1),
            ("Sources/Upper/A.swift", "import Logging  // in the table, but not declared", 1),
            ("Sources/Upper/A.swift", "import Glibc", 1),
            ("Sources/Nowhere/A.swift", "", 1),
            ("Tests/UpperTests/A.swift", "@testable import Lower", 1),
        ])
    func imports(path: String, text: String, line: Int) throws {
        let found = try ArrowRule(layers: layers, package: small()).wrongImports(in: [SourceFile(path, text)])
        #expect(found.map(\.line) == [line])
    }

    @Test(
        "what only looks like a wrong import passes",
        arguments: [
            ("Sources/Lower/A.swift", "import Glibc\n// import Upper\nlet a = \"import Upper\""),
            ("Sources/Lower/A.swift", "let a = \"\"\"\nimport Upper\n\"\"\"\n/* /* */ import Upper */"),
            ("Sources/Lower/A.swift", "// foundation: dates of the locale are shown\nimport Foundation"),
            ("Sources/Upper/A.swift", "package import Lower\ninternal import class Yams.Node"),
            ("Tests/UpperTests/A.swift", "@testable import Upper\nimport Testing\nimport Foundation"),
            ("Package.swift", "import PackageDescription"),
        ])
    func innocentImports(path: String, text: String) throws {
        #expect(try ArrowRule(layers: layers, package: small()).wrongImports(in: [SourceFile(path, text)]) == [])
    }
}
