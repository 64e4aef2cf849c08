package import HostControl

/// Tells systemd how the agent stands. Nobody may be listening (an agent started by hand), and a message that is lost changes
/// nothing: the next one says more.
package struct Notifier: Sendable {
    private let systemd: SystemdNotify?

    /// A notifier; nil when there is nobody to tell.
    package init(_ systemd: SystemdNotify?) { self.systemd = systemd }

    func ready() { send(.ready) }
    func stopping() { send(.stopping) }
    func status(_ text: String) { send(.status(text)) }

    private func send(_ message: SystemdNotify.Message) { try? systemd?.send(message) }
}
