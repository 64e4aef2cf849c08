import FoundationEssentials
import Testing

/// The files of the contract as they lie in the repository.
enum Repository {
    /// The repository's folder.
    static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    /// The bytes of a file under `protocol/`.
    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try #require(FileManager.default.contents(atPath: root + "/protocol/" + path), "protocol/\(path)"))
    }

    /// The text of a file under `protocol/`.
    static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    /// The names of the files in a folder under `protocol/`, sorted.
    static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root + "/protocol/" + folder).sorted()
    }
}
