/// Who listens on a port.
package struct PortHolders: Sendable, Equatable {
    /// Processes among those asked for that hold a listening socket on it.
    package var own: [Int32]
    /// Other processes that do: an old process that kept the port answers requests too.
    package var others: [Int32]
    /// How many listening sockets on the port no process holds that may be looked into.
    package var unexplained: Int

    /// Holders; see the properties.
    package init(own: [Int32], others: [Int32], unexplained: Int) {
        self.own = own
        self.others = others
        self.unexplained = unexplained
    }
}

extension ProcessTable {
    /// Who listens on a TCP port, in the network of a process of the unit.
    ///
    /// - Parameters:
    ///   - port: The port.
    ///   - pids: The processes of the unit's control group.
    /// - Returns: The processes that listen; none of any kind when nobody does.
    /// - Throws: ``HostError/unreadable(path:reason:)`` when a process of the unit may not be looked into, which takes
    ///   CAP_SYS_PTRACE. Others that may not be are passed over, and their sockets stay unexplained.
    package func holders(ofPort port: UInt16, among pids: Set<Int32>) throws(HostError) -> PortHolders {
        var inodes: Set<UInt64> = []
        for pid in pids.sorted() {
            // The unit's processes share one network: the first that still lives can tell.
            guard let sockets = try listeningSockets(seenBy: pid) else { continue }
            inodes = Set(sockets.filter { $0.port == port }.map(\.inode))
            break
        }
        var holders = PortHolders(own: [], others: [], unexplained: 0)
        if inodes.isEmpty { return holders }
        var explained: Set<UInt64> = []
        for pid in try all() {
            let isOwn = pids.contains(pid)
            let held = isOwn ? try sockets(of: pid) : (try? sockets(of: pid)) ?? []
            guard !held.isDisjoint(with: inodes) else { continue }
            explained.formUnion(held)
            if isOwn { holders.own.append(pid) } else { holders.others.append(pid) }
        }
        holders.unexplained = inodes.subtracting(explained).count
        return holders
    }

    /// All listening TCP sockets in the network of a process; nil when the process is gone.
    package func listeningSockets(seenBy pid: Int32) throws(HostError) -> [ListeningSocket]? {
        guard let four = try ProcFile(path: "\(root)/\(pid)/net/tcp").text() else { return nil }
        // Without IPv6 there is no such file.
        let six = try ProcFile(path: "\(root)/\(pid)/net/tcp6").text() ?? ""
        return ListeningSocket.parse(four) + ListeningSocket.parse(six)
    }

    /// The inodes of all sockets that a process has open.
    private func sockets(of pid: Int32) throws(HostError) -> Set<UInt64> {
        let folder = "\(root)/\(pid)/fd"
        var inodes: Set<UInt64> = []
        for name in try ProcFile(path: folder).names() ?? [] {
            guard let target = try ProcFile(path: "\(folder)/\(name)").link(), target.hasPrefix("socket:["),
                let inode = UInt64(target.dropFirst(8).dropLast())
            else { continue }
            inodes.insert(inode)
        }
        return inodes
    }
}
