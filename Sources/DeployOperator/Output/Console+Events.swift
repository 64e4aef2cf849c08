import Coordination
import DeployModel

extension Console {
    /// Shows one event: a line for the person, or a line of JSON.
    func show(_ event: RolloutEvent, of id: RolloutID) {
        switch form {
        case .json: show(line(event, id))
        case .text: note(line(event))
        }
    }

    /// An event as a line for the person.
    func line(_ event: RolloutEvent) -> String { "\(clock(event.time))  \(words(event))" }

    /// The words of an event: host, service, step, state, how long it took, and the detail.
    private func words(_ event: RolloutEvent) -> String {
        let took = event.milliseconds.map { HumanDuration(milliseconds: $0).description } ?? ""
        let detail = VisibleText(event.detail).description
        let host = VisibleText(event.host).description
        let parts: [String]
        switch event.kind {
        case "rollout": parts = ["rollout \(VisibleText(event.state))", detail]
        case "output": parts = [host, "    | \(detail)"]
        case "verdict":
            let word = VisibleText(event.state).description.uppercased()
            let painted = colors.onError(Verdict(rawValue: event.state)?.meaning, word)
            parts = [host, VisibleText(event.service).description, painted, detail]
        default:
            let what = VisibleText(event.step.isEmpty ? event.state : "\(event.step) \(event.state)").description
            parts = [host, VisibleText(event.service).description, what, took, detail]
        }
        return parts.filter { !$0.isEmpty }.joined(separator: "  ")
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
