package import DeployModel
import Glibc
import SettingsFile

/// The files of the person who types: settings, password, and the id of the last rollout.
package struct UserFiles: Sendable {
    private let environment: [String: String]

    /// The files of a person, as the variables of this process place them (XDG Base Directory Specification).
    package init(environment: [String: String]) { self.environment = environment }

    /// The settings file; nil when there is none.
    package func settings() throws(OperatorError) -> (name: String, text: String)? {
        let named = environment["QTCTL_CONFIG"]
        let path = named ?? folder("XDG_CONFIG_HOME", ".config") + "/qtctl/config.yaml"
        guard let text = try Self.read(path) else {
            if named != nil { throw .usage("QTCTL_CONFIG names \(path), which does not exist") }
            return nil
        }
        return (path, text)
    }

    /// The names of the contexts of the settings file, sorted; none where there is no such file.
    package func contextNames() throws(OperatorError) -> [String] {
        guard let file = try settings() else { return [] }
        do throws(SettingsError) {
            return try OperatorContexts(file.text, file: file.name).all.keys.sorted()
        } catch {
            throw .usage(error.description)
        }
    }

    /// The first line of a password file that nobody else can read.
    package func password(_ path: String) throws(OperatorError) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .usage("the password file \(path) does not exist") }
        guard status.st_mode & 0o077 == 0 else {
            throw .usage("the password file \(path) can be read by others; run: chmod 600 \(path)")
        }
        guard let line = try Self.read(path)?.split(separator: "\n").first else {
            throw .usage("the password file \(path) is empty")
        }
        return String(line)
    }

    /// The last rollout that this person submitted to a fleet from this machine.
    package func lastRollout(_ fleet: FleetName) throws(OperatorError) -> RolloutID {
        let text = try Self.read(lastPath(fleet)) ?? ""
        guard let id = try? RolloutID(text.filter { !$0.isWhitespace }) else {
            throw .usage("@last: nothing was submitted to fleet \(fleet) from here; `qtctl rollouts` lists all")
        }
        return id
    }

    /// Notes the last rollout, in one step: a reader finds the old id or the new one.
    package func noteLast(_ id: RolloutID, _ fleet: FleetName) throws(OperatorError) {
        let path = lastPath(fleet)
        Self.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        try WholeFile.replace(path, with: id.text + "\n")
    }

    /// Replaces the settings file in one step; its mode stays, and where it is a link, what that names is replaced.
    func replaceSettings(_ path: String, with text: String) throws(OperatorError) {
        let path =
            realpath(path, nil).map { name in
                defer { free(name) }
                return String(cString: name)
            } ?? path
        var status = stat()
        guard stat(path, &status) == 0 else { throw .usage("\(path) is gone: \(Self.lastError)") }
        try WholeFile.replace(path, with: text, mode: status.st_mode & 0o7777)
    }

    /// Where a key goes when no other file is named.
    package var usualKey: String { folder("XDG_CONFIG_HOME", ".config") + "/qtctl/key" }

    /// Makes the folder of a file, readable by this person alone.
    static func requireFolder(of path: String) throws(OperatorError) {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        makeFolder(folder)
        guard folder.isEmpty || access(folder, W_OK) == 0 else {
            throw .usage("\(VisibleText(folder)) can't be written to: \(lastError)")
        }
    }

    /// A file of this person's for a program that reads nothing else; ``remove(_:)`` takes it away.
    static func temporary(_ text: String) throws(OperatorError) -> String {
        var name = Array("/tmp/qtctl-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw .usage("/tmp can't be written to: \(lastError)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            remove(path)
            throw .usage("/tmp can't be written to: \(lastError)")
        }
        return path
    }

    /// Takes a file away.
    static func remove(_ path: String) { unlink(path) }

    private func lastPath(_ fleet: FleetName) -> String {
        folder("XDG_STATE_HOME", ".local/state") + "/qtctl/last-\(fleet)"
    }

    private func folder(_ variable: String, _ below: String) -> String {
        if let set = environment[variable], set.hasPrefix("/") { return set }
        return (environment["HOME"] ?? "/") + "/" + below
    }

    private static func makeFolder(_ path: String) {
        guard path.count > 1, access(path, F_OK) != 0 else { return }
        makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        mkdir(path, 0o700)
    }

    /// The text of a file, of 1 MiB at most; nil when there is none.
    static func read(_ path: String) throws(OperatorError) -> String? {
        guard let file = fopen(path, "r") else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .usage("\(path) can't be read: \(lastError)")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
