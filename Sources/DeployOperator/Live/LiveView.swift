import Coordination
import DeployModel

/// The rollout as a picture at the end of a terminal, drawn anew while it goes on. What failed, and remarks, are printed above it and
/// stay.
struct LiveView: FollowView {
    private let console: Console
    private var region: LiveRegion
    private var picture: RolloutPicture?
    private var now = Timestamp(milliseconds: 0)

    /// A view on the terminal that the console's progress goes to.
    init(console: Console) {
        self.console = console
        region = LiveRegion { console.draw($0) }
    }

    var patience: Duration { .milliseconds(500) }

    mutating func begin(_ rollout: RolloutRecord, _ targets: [TargetOutcome], at now: Timestamp) {
        picture = RolloutPicture(rollout, targets)
        tick(at: now)
    }

    mutating func show(_ event: RolloutEvent, of id: RolloutID) {
        picture?.take(event)
        if Self.isNotable(event) { print(console.line(event)) }
    }

    /// What a person must find in the terminal's history afterwards: what went wrong.
    private static func isNotable(_ event: RolloutEvent) -> Bool {
        switch event.kind {
        case "verdict": Verdict(rawValue: event.state)?.countsAsFailure ?? true
        case "step": event.state == StepState.failed.rawValue
        default: false
        }
    }

    mutating func tick(at now: Timestamp) {
        self.now = now
        draw()
    }

    mutating func note(_ text: String) { print(text) }

    mutating func end(isOver: Bool) {
        // A summary says the same and more; without one the last picture is what the person keeps.
        if isOver { region.clear() } else { region.leave() }
    }

    private mutating func print(_ text: String) {
        region.print(above: text)
        draw()
    }

    private mutating func draw() {
        // As the terminal is at the moment: a person may resize it.
        guard let picture, let terminal = console.terminal() else { return }
        let frame = LiveFrame(picture: picture, now: now, terminal: terminal)
        region.draw(frame.lines, paint: console.colors.onError)
    }
}
