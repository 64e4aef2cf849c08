/// A listening TCP socket, as /proc/PID/net/tcp and tcp6 show it.
package struct ListeningSocket: Sendable, Hashable {
    /// Its local address, as the kernel prints it: 8 (IPv4) or 32 (IPv6) hexadecimal digits, each 32 bits in host order.
    package var address: String
    /// Its port.
    package var port: UInt16
    /// Its inode: what `/proc/PID/fd/N` names as `socket:[inode]`.
    package var inode: UInt64

    /// A socket; see the properties.
    package init(address: String, port: UInt16, inode: UInt64) {
        self.address = address
        self.port = port
        self.inode = inode
    }

    /// The listening sockets of a table; lines of another shape are passed over.
    static func parse(_ table: String) -> [ListeningSocket] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(separator: " ")
            // 0A is LISTEN (include/net/tcp_states.h).
            guard words.count > 9, words[3] == "0A", let inode = UInt64(words[9]) else { return nil }
            let halves = words[1].split(separator: ":")
            guard halves.count == 2, let port = UInt16(halves[1], radix: 16) else { return nil }
            return ListeningSocket(address: String(halves[0]), port: port, inode: inode)
        }
    }
}
