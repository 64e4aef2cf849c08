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

/// Who listens on a port.
package struct PortHolders: Sendable, Equatable {
    /// Processes among those asked for that hold a listening socket on it.
    package var own: [Int32]
    /// Other processes that do: an old process that kept the port answers requests too.
    package var others: [Int32]

    /// Holders; see the properties.
    package init(own: [Int32], others: [Int32]) {
        self.own = own
        self.others = others
    }
}

extension ProcessTable {
    /// Who listens on a TCP port, in the network of a process of the unit.
    ///
    /// - Parameters:
    ///   - port: The port.
    ///   - pids: The processes of the unit's control group.
    /// - Returns: The processes that listen; none of both kinds when nobody does.
    /// - Throws: ``HostError/unreadable(path:reason:)``; other users' descriptors take CAP_SYS_PTRACE.
    package func holders(ofPort port: UInt16, among pids: Set<Int32>) throws(HostError) -> PortHolders {
        var inodes: Set<UInt64> = []
        for pid in pids.sorted() {
            // The unit's processes share one network: the first that still lives can tell.
            guard let sockets = try listeningSockets(seenBy: pid) else { continue }
            inodes = Set(sockets.filter { $0.port == port }.map(\.inode))
            break
        }
        var holders = PortHolders(own: [], others: [])
        if inodes.isEmpty { return holders }
        for pid in try all() where try holds(pid, anyOf: inodes) {
            if pids.contains(pid) { holders.own.append(pid) } else { holders.others.append(pid) }
        }
        return holders
    }

    /// All listening TCP sockets in the network of a process; nil when the process is gone.
    package func listeningSockets(seenBy pid: Int32) throws(HostError) -> [ListeningSocket]? {
        guard let four = try ProcFile(path: "\(root)/\(pid)/net/tcp").text() else { return nil }
        // Without IPv6 there is no such file.
        let six = try ProcFile(path: "\(root)/\(pid)/net/tcp6").text() ?? ""
        return ListeningSocket.parse(four) + ListeningSocket.parse(six)
    }

    private func holds(_ pid: Int32, anyOf inodes: Set<UInt64>) throws(HostError) -> Bool {
        let folder = "\(root)/\(pid)/fd"
        for name in try ProcFile(path: folder).names() ?? [] {
            guard let target = try ProcFile(path: "\(folder)/\(name)").link(), target.hasPrefix("socket:["),
                let inode = UInt64(target.dropFirst(8).dropLast())
            else { continue }
            if inodes.contains(inode) { return true }
        }
        return false
    }
}
