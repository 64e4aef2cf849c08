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

    /// Follows the path as the kernel would, link by link, and looks at every folder on the way: who may write one of them can turn
    /// what stands in it elsewhere.
    ///
    /// - Throws: ``SettingsError`` when the file is missing, is none, or others may change it.
    static func require(_ path: String) throws(SettingsError) {
        var rest = Array(FilePath(path).components.reversed())
        var (here, links) = (FilePath("/"), 0)
        try requireOurs(here, try look(here, of: path))
        while let component = rest.popLast() {
            if component.kind == .parentDirectory {
                here.removeLastComponent()
                continue
            }
            let next = here.appending(component)
            let status = try look(next, of: path)
            guard status.st_mode & S_IFMT == S_IFLNK else {
                try requireOurs(next, status)
                here = next
                continue
            }
            links += 1
            guard links <= 40, let target = target(of: next) else {
                throw SettingsError(file: path, line: nil, problem: "\(next) leads nowhere")
            }
            if target.isAbsolute { here = FilePath("/") }
            rest += target.components.reversed()
        }
        guard try look(here, of: path).st_mode & S_IFMT == S_IFREG else {
            throw SettingsError(file: path, line: nil, problem: "is not a regular file")
        }
    }

    private static func look(_ place: FilePath, of path: String) throws(SettingsError) -> stat {
        var status = stat()
        guard lstat(place.string, &status) == 0 else {
            throw SettingsError(
                file: path, line: nil,
                problem: "can't be found (\(Errno(rawValue: errno))); nothing is carried out without it")
        }
        return status
    }

    private static func requireOurs(_ place: FilePath, _ status: stat) throws(SettingsError) {
        // In a sticky folder nobody but its owner may take away what is another's.
        let isSticky = status.st_mode & S_IFMT == S_IFDIR && status.st_mode & S_ISVTX != 0
        let isOurs = status.st_uid == 0 || status.st_uid == geteuid()
        guard isOurs, isSticky || status.st_mode & 0o022 == 0 else {
            throw SettingsError(
                file: place.string, line: nil,
                problem: "others than root may write it; nothing is carried out; run: chown root: \(place); "
                    + "chmod go-w \(place)")
        }
    }

    private static func target(of link: FilePath) -> FilePath? {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink(link.string, &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return FilePath(String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
