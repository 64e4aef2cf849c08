package import SettingsFile
import SystemPackage

extension AgentConfiguration {
    /// Reads a main settings file and, in the order of their names, the `*.yaml` files of the folder `agent.d` beside it.
    package static func load(_ path: String) throws(SettingsError) -> AgentConfiguration {
        let main = FilePath(path)
        let folder = main.removingLastComponent().appending("agent.d")
        let more = DurableFile.names(in: folder).filter { $0.hasSuffix(".yaml") }.map { folder.appending($0) }
        var files: [(name: String, text: String)] = []
        for file in [main] + more { files.append((file.string, try text(of: file))) }
        return try read(files)
    }

    private static func text(of file: FilePath) throws(SettingsError) -> String {
        let bytes: [UInt8]?
        do throws(Errno) { bytes = try DurableFile.read(file, limit: 1 << 20) } catch {
            throw SettingsError(file: file.string, line: nil, problem: "can't be read: \(error)")
        }
        guard let bytes else {
            throw SettingsError(
                file: file.string, line: nil,
                problem: "does not exist; the shipped agent.yaml is an example to begin with")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsError(file: file.string, line: nil, problem: "is not UTF-8")
        }
        return text
    }

    /// The password of Redis: the first line of its file; nil when none is configured.
    package func redisPassword() throws(SettingsError) -> String? {
        guard let file = redis.passwordFile else { return nil }
        let text = try Self.text(of: FilePath(file))
        guard let line = text.split(separator: "\n").first else {
            throw SettingsError(file: file, line: nil, problem: "holds no password")
        }
        return String(line)
    }
}
