import DeployModel
import Glibc
import Subprocess
package import SystemPackage

/// Real ssh keys of people, with the two files that decide who may sign: each under their own name, nobody revoked.
package struct SigningKeys: Sendable {
    /// Where all of it lies.
    package let folder: FilePath

    /// The allowed_signers file.
    package var signers: String { folder.appending("allowed_signers").string }
    /// The file of revoked keys.
    package var revoked: String { folder.appending("revoked_keys").string }

    /// What ssh-keygen could not do.
    package struct Failure: Error {
        /// Its words.
        package let words: [String]
    }

    /// Makes a key for each name, in a folder that goes with the body.
    package static func with(_ names: [String], _ body: (SigningKeys) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder async throws in
            let keys = SigningKeys(folder: FilePath("\(folder)"))
            var lines = ""
            for name in names {
                _ = try await keygen(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", keys.file(name)])
                lines += "\(name) \(try keys.publicKey(name))\n"
            }
            try keys.write(lines, to: keys.signers)
            try keys.write("", to: keys.revoked)
            try await body(keys)
        }
    }

    /// The private key's file.
    package func file(_ name: String) -> String { folder.appending(name).string }

    /// Kind and base 64 of the public key.
    package func publicKey(_ name: String) throws -> String {
        let file = try FileDescriptor.open(FilePath(file(name) + ".pub"), .readOnly)
        let bytes = try file.closeAfter {
            try [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: " ").prefix(2).joined(separator: " ")
    }

    /// The fingerprint of the public key.
    package func fingerprint(_ name: String) async throws -> String {
        let answer = try await Self.keygen(["-l", "-f", file(name) + ".pub"])
        return String(String(decoding: answer, as: UTF8.self).split(separator: " ")[1])
    }

    /// The signature of a text.
    package func sign(_ text: [UInt8], by name: String, namespace: String = "qtdeploy") async throws -> [UInt8] {
        try await Self.sign(text, with: file(name), namespace: namespace)
    }

    /// The signature of a text by a private key's file.
    package static func sign(
        _ text: [UInt8], with file: String, namespace: String = "qtdeploy"
    ) async throws -> [UInt8] {
        try await keygen(["-Y", "sign", "-q", "-n", namespace, "-f", file], input: text)
    }

    /// Puts a text into a file that only its owner may write.
    package func write(_ text: String, to path: String) throws {
        let file = try FileDescriptor.open(
            FilePath(path), .writeOnly, options: [.create, .truncate],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        _ = try file.closeAfter { try file.writeAll(text.utf8) }
    }

    /// Takes a file away.
    package func remove(_ path: String) throws {
        guard unlink(path) == 0 else { throw Failure(words: ["rm", path]) }
    }

    private static func keygen(_ words: [String], input: [UInt8] = []) async throws -> [UInt8] {
        let result = try await Subprocess.run(
            .path("/usr/bin/ssh-keygen"), arguments: Arguments(words), input: .array(input),
            output: .bytes(limit: 65536), error: .discarded)
        guard result.terminationStatus.isSuccess else { throw Failure(words: words) }
        return result.standardOutput
    }
}
