import Coordination
import DeployModel

extension Console {
    /// Shows one event: a line for the person, or a line of JSON.
    func show(_ event: RolloutEvent, of id: RolloutID) {
        if form == .json { return show(line(event, id)) }
        guard let words = Self.words(event) else { return }
        note("\(clock(event.time))  \(words)")
    }

    /// The words of an event; nil for what only repeats another.
    static func words(_ event: RolloutEvent) -> String? {
        let detail = VisibleText(event.detail).description
        let took = event.milliseconds.map { "  \(HumanDuration(milliseconds: $0))" } ?? ""
        let tail = detail.isEmpty ? "" : "  \(detail)"
        switch event.kind {
        case "rollout": return "rollout \(VisibleText(event.state))\(tail)"
        case "job": return "\(VisibleText(event.host))  \(VisibleText(event.state))\(tail)"
        case "verdict":
            return
                "\(VisibleText(event.host))  \(VisibleText(event.service))  \(VisibleText(event.state).description.uppercased())\(tail)"
        case "output": return "\(VisibleText(event.host))      | \(detail)"
        default:
            let service = event.service.isEmpty ? "" : "  \(VisibleText(event.service))"
            return
                "\(VisibleText(event.host))  \(VisibleText(event.step)) \(VisibleText(event.state))\(service)\(took)\(tail)"
        }
    }

    private func line(_ event: RolloutEvent, _ id: RolloutID) -> JSONLine {
        JSONLine(
            "event",
            [
                ("at", .text(event.time.description)), ("rollout", .text(id.text)), ("kind", .text(event.kind)),
                ("host", .optional(event.host)), ("service", .optional(event.service)), ("step", .optional(event.step)),
                ("state", .optional(event.state)), ("ms", event.milliseconds.map { .number($0) } ?? .null),
                ("detail", .optional(event.detail)),
            ])
    }
}
