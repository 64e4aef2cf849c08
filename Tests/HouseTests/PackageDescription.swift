import Foundation

/// What SwiftPM understands of Package.swift: the part of `swift package dump-package` that the arrows need.
struct PackageDescription: Decodable {
    struct Target: Decodable {
        let name: String
        let path: String?
        let type: String
        let dependencies: [Dependency]

        /// Tests, and what only tests use.
        var isTest: Bool { type == "test" || path?.hasPrefix("Tests/") == true }
    }

    /// `{"byName": ["Name", null]}` or `{"product": ["Name", "package", null, null]}`. Our packages' products are named
    /// after their modules.
    struct Dependency: Decodable {
        let name: String

        init(from decoder: any Decoder) throws {
            let byKind = try decoder.singleValueContainer().decode([String: [Part]].self)
            guard let name = byKind.values.first?.first?.text else {
                throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no name"))
            }
            self.name = name
        }

        private struct Part: Decodable {
            let text: String?
            init(from decoder: any Decoder) throws {
                text = try? decoder.singleValueContainer().decode(String.self)
            }
        }
    }

    let targets: [Target]

    init(json: Data) throws {
        self = try JSONDecoder().decode(Self.self, from: json)
    }

    /// Asks SwiftPM. With a scratch path of its own, because `swift test` holds the lock of the usual one while it runs
    /// us: a second command would wait for it without end.
    static func ofThisPackage() throws -> PackageDescription {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("house-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["swift", "package", "--scratch-path", scratch.path, "dump-package"]
        process.currentDirectoryURL = Repository.root
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let json = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try PackageDescription(json: json)
    }
}
