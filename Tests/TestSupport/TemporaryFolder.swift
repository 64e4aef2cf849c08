import Glibc
package import SystemPackage

/// A fresh folder for one test, gone afterwards.
package enum TemporaryFolder {
    /// Runs `body` with a folder that only this test knows.
    ///
    /// - Throws: what `body` throws, or the `Errno` of making the folder.
    package static func with<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
        let folder = try make()
        defer { remove(folder) }
        return try body(folder)
    }

    /// As ``with(_:)``, for a body that waits.
    package static func with<Result>(_ body: (FilePath) async throws -> Result) async throws -> Result {
        let folder = try make()
        defer { remove(folder) }
        return try await body(folder)
    }

    private static func make() throws -> FilePath {
        var template = Array("/tmp/qtdeploy-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        return FilePath(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    private static func remove(_ path: FilePath) {
        guard Glibc.remove(path.string) != 0, let directory = opendir(path.string) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { remove(path.appending(name)) }
        }
        closedir(directory)
        _ = Glibc.remove(path.string)
    }
}

/// Where the repository lies, for tests that read its files.
package enum Repository {
    /// The folder that holds Package.swift.
    package static let root: FilePath = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()
}
