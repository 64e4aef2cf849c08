/// The identity of this installation.
package enum MachineID {
    /// `/etc/machine-id` (machine-id(5)): 32 hexadecimal digits, unlike on any other host unless the disk was copied.
    ///
    /// - Throws: ``HostError/unreadable(path:reason:)``, ``HostError/malformed(path:line:reason:)``.
    package static func read(_ path: String = "/etc/machine-id") throws(HostError) -> String {
        guard let text = try ProcFile(path: path).text() else {
            throw .unreadable(path: path, reason: "it does not exist; run systemd-machine-id-setup")
        }
        let id = String(text.prefix { !$0.isWhitespace })
        guard id.utf8.count == 32, id.allSatisfy({ $0.isHexDigit && $0.isASCII }) else {
            throw .malformed(path: path, line: 1, reason: "not 32 hexadecimal digits")
        }
        return id.lowercased()
    }
}
