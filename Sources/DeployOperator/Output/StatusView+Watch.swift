import Coordination
package import DeployModel

extension StatusView {
    /// The time between two looks.
    private static let pause: Duration = .seconds(2)

    /// What runs where, again and again until the person leaves: drawn in place on a terminal, else the whole table whenever
    /// something has changed. While Redis is away the last table stays, and says so.
    ///
    /// - Throws: ``OperatorError`` for what can't pass: a wrong name, a wrong password.
    package func watch(services: [ServiceName], hosts: [HostSelector]) async throws(OperatorError) {
        var region = LiveRegion { console.draw($0) }
        var shown: Status?
        var trouble: OperatorError?
        while !Task.isCancelled {
            let before = trouble
            do throws(OperatorError) {
                let status = try await readStatus(services, hosts)
                trouble = nil
                if console.terminal() == nil { showChange(status, since: shown) }
                shown = status
            } catch {
                guard case .fleet(let fault) = error, fault.mayPass else { throw error }
                trouble = error
                if console.terminal() == nil, before == nil { console.note("\(error); it is tried again") }
            }
            if let terminal = console.terminal() {
                let lines = Self.picture(shown, trouble, terminal)
                region.draw(lines, paint: console.colors.onError)
            }
            try? await Task.sleep(for: Self.pause)
        }
        region.leave()
    }

    private func showChange(_ status: Status, since before: Status?) {
        guard before?.rows.map(\.essence) != status.rows.map(\.essence) else { return }
        if before != nil { console.show("") }
        show(status)
    }

    private static func picture(_ status: Status?, _ trouble: OperatorError?, _ terminal: Terminal) -> [LiveLine] {
        var lines = trouble.map { [LiveLine("\($0); it is tried again", .bad)] } ?? []
        lines += (status?.lines(atMost: terminal.rows - 1 - lines.count, fitting: terminal.columns - 1) ?? []).map {
            LiveLine($0)
        }
        return lines.prefix(terminal.rows - 1).map { $0.cut(to: terminal.columns - 1) }
    }
}
