import DeployModel
import Glibc
import SettingsFile
import SystemPackage

/// A file that decides who may deploy: believed only when nobody but root, or who runs the agent, could have written it. Its
/// folders count too, as sshd(8) counts those of authorized_keys (StrictModes).
enum TrustedFile {
    /// The text of such a file.
    ///
    /// - Throws: ``SettingsError`` that names the file or folder and the command that mends it.
    static func text(of path: String) throws(SettingsError) -> String {
        try require(path)
        let bytes: [UInt8]?
        do throws(Errno) { bytes = try DurableFile.read(FilePath(path), limit: 1 << 20) } catch {
            throw SettingsError(file: path, line: nil, problem: "can't be read: \(error)")
        }
        guard let text = bytes.flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw SettingsError(file: path, line: nil, problem: "is not UTF-8")
        }
        return text
    }

    /// - Throws: ``SettingsError`` when the file is missing, is none, or others may change it.
    static func require(_ path: String) throws(SettingsError) {
        guard let real = realPath(path) else {
            throw SettingsError(
                file: path, line: nil,
                problem: "can't be found (\(Errno(rawValue: errno))); nothing is carried out without it")
        }
        var status = stat()
        guard stat(real, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SettingsError(file: path, line: nil, problem: "is not a regular file")
        }
        try requireOurs(real, status, by: "chown root: \(real); chmod go-w \(real)")
        // A link can be turned elsewhere by who may write the folder in which it stands.
        let folders = [real, path].compactMap { realPath(FilePath($0).removingLastComponent().string) }
        for folder in folders { try requireFolders(folder) }
    }

    private static func requireFolders(_ path: String) throws(SettingsError) {
        var folder = FilePath(path)
        while true {
            var status = stat()
            guard stat(folder.string, &status) == 0 else {
                throw SettingsError(
                    file: folder.string, line: nil, problem: "can't be looked at: \(Errno(rawValue: errno))")
            }
            // In a sticky folder nobody may take away what is another's.
            let isSticky = status.st_mode & S_ISVTX != 0
            if !isSticky { try requireOurs(folder.string, status, by: "chmod go-w \(folder)") }
            guard folder.removeLastComponent() else { return }
        }
    }

    private static func requireOurs(_ path: String, _ status: stat, by remedy: String) throws(SettingsError) {
        guard status.st_uid == 0 || status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw SettingsError(
                file: path, line: nil, problem: "others than root may write it; nothing is carried out; run: \(remedy)")
        }
    }

    private static func realPath(_ path: String) -> String? {
        guard let name = realpath(path, nil) else { return nil }
        defer { free(name) }
        return String(cString: name)
    }
}
