internal import DeployModel
internal import Glibc

/// Messages to the service manager about the agent's own unit (sd_notify(3)), as datagrams to `$NOTIFY_SOCKET`.
package struct SystemdNotify: Sendable {
    /// The socket's path; `@` as its first character stands for the zero byte of an abstract address.
    private let socket: String

    /// A message.
    package enum Message: Sendable, Equatable {
        case ready
        case stopping
        case watchdog
        /// What `systemctl status` shows; line breaks and controls are made visible.
        case status(String)

        var text: String {
            switch self {
            case .ready: "READY=1"
            case .stopping: "STOPPING=1"
            case .watchdog: "WATCHDOG=1"
            case .status(let text): "STATUS=" + VisibleText(text.prefix(1000)).description
            }
        }
    }

    /// The manager that `NOTIFY_SOCKET` names; nil when there is nobody to notify: the agent was started by hand.
    ///
    /// - Parameter socket: The variable's value.
    package init?(socket: String?) {
        guard let socket, let first = socket.utf8.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@")
        else { return nil }
        self.socket = socket
    }

    /// Sends messages in one datagram.
    ///
    /// - Throws: ``HostError/notNotified(reason:)``.
    package func send(_ messages: Message...) throws(HostError) {
        let payload = Array(messages.map(\.text).joined(separator: "\n").utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(socket.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .notNotified(reason: "the socket's path is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: name)
            if name.first == UInt8(ascii: "@") { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .notNotified(reason: SystemText.ofErrno()) }
        defer { close(descriptor) }
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, payload, payload.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        guard sent == payload.count else { throw .notNotified(reason: SystemText.ofErrno()) }
    }
}
