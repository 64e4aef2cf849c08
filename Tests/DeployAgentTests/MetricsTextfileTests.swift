import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

@Suite struct MetricsTextfileTests {
    private func text(_ path: FilePath) throws -> String? {
        try DurableFile.read(path, limit: 1 << 20).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Who has the old page open goes on reading it.
    @Test func aReaderFindsOnePageOrTheOther() throws {
        try TemporaryFolder.with { folder in
            let path = folder.appending("qtagent.prom")
            let file = MetricsTextfile(path: path)
            try file.replace(with: "old 1\n")
            let reader = try FileDescriptor.open(path, .readOnly)
            defer { try? reader.close() }
            try file.replace(with: "new 1\n")
            var bytes = [UInt8](repeating: 0, count: 100)
            let count = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
            #expect(String(decoding: bytes[..<count], as: UTF8.self) == "old 1\n")
            #expect(try text(path) == "new 1\n")
            var status = stat()
            #expect(stat(path.string, &status) == 0 && status.st_mode & 0o777 == 0o644)
            #expect(DurableFile.names(in: folder) == ["qtagent.prom"])
        }
    }

    /// The agent is root, and the folder may be another user's.
    @Test func aLinkIsReplacedAndNeverFollowed() throws {
        try TemporaryFolder.with { folder in
            let (path, victim) = (folder.appending("qtagent.prom"), folder.appending("victim"))
            try DurableFile.replace(victim, with: Array("untouched".utf8))
            for name in ["qtagent.prom", "qtagent.prom.new"] {
                #expect(symlink(victim.string, folder.appending(name).string) == 0)
            }
            try MetricsTextfile(path: path).replace(with: "new 1\n")
            #expect(try text(victim) == "untouched")
            #expect(try text(path) == "new 1\n")
            var status = stat()
            #expect(lstat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
        }
    }

    @Test func whatCanNotBeWrittenLeavesNothing() throws {
        try TemporaryFolder.with { folder in
            #expect(throws: Errno.noSuchFileOrDirectory) {
                try MetricsTextfile(path: folder.appending("no/qtagent.prom")).replace(with: "a 1\n")
            }
            // A folder in the page's place can't be replaced.
            try DurableFile.makeDirectory(folder.appending("qtagent.prom"))
            #expect(throws: Errno.self) {
                try MetricsTextfile(path: folder.appending("qtagent.prom")).replace(with: "a 1\n")
            }
            #expect(DurableFile.names(in: folder) == ["qtagent.prom"])
        }
    }
}
