import Coordination
import DeployModel
import HostControl

/// What the agent's services know of each other: the job that runs, whether Redis answers, whether this host may work.
actor AgentState {
    private let notifier: Notifier
    private let title: String
    private var job: (attempt: AttemptName, narrator: JobNarrator)?
    private var lastVerdict = ""
    private let speech: Speech
    private var redisTrouble = Trouble()
    private var bondTrouble = Trouble()
    private var timerTrouble = Trouble()
    private var isStopping = false
    /// Rung when there is something to tell, so that the fleet learns of it at once and not with the next beat.
    nonisolated let changed = WakeUp()
    /// Rung when a job ends: it has changed what there is to see.
    nonisolated let worked = WakeUp()
    private var beatTrouble = Trouble("not yet")
    private var shownStatus = ""

    init(notifier: Notifier, fleet: FleetName, host: HostName, speech: Speech) {
        self.notifier = notifier
        self.speech = speech
        title = "fleet \(fleet), host \(host)"
    }

    /// The attempt that is worked on, and its step.
    var current: (attempt: AttemptName, step: Step)? { job.map { ($0.attempt, $0.narrator.step) } }

    /// `idle`, `busy` or `stopping`, for beats.
    var word: String { isStopping ? "stopping" : job == nil ? "idle" : "busy" }

    /// Whether this host may take work: not when its name belongs to another machine.
    var mayWork: Bool { bondTrouble.text == nil }

    func begin(_ attempt: AttemptName, _ narrator: JobNarrator) async {
        job = (attempt, narrator)
        showStatus()
        await changed.signal()
    }

    func end(_ verdict: String) async {
        if let job { lastVerdict = ", last: \(verdict) in rollout \(job.attempt.rollout.short)" }
        job = nil
        showStatus()
        await changed.signal()
        await worked.signal()
    }

    func stopping() {
        isStopping = true
        showStatus()
    }

    /// Notes whether Redis answers.
    ///
    /// - Returns: whether that is to be logged.
    func redis(_ trouble: String?) -> Bool {
        defer { showStatus() }
        return redisTrouble.note(trouble, speech)
    }

    /// Notes whether beats arrive; one that does also shows that the host's name is its own.
    ///
    /// - Returns: whether that is to be logged.
    func beat(_ trouble: String?) -> Bool {
        if trouble == nil { _ = bondTrouble.note(nil, speech) }
        return beatTrouble.note(trouble, speech)
    }

    /// Notes whether the fleet's timers can be fired: a Redis without memory takes beats and fires none.
    ///
    /// - Returns: whether that is to be logged.
    func timers(_ trouble: String?) -> Bool { timerTrouble.note(trouble, speech) }

    /// Notes whether the host's name is bound to this machine.
    ///
    /// - Returns: whether that is to be logged.
    func bond(_ trouble: String?) -> Bool {
        defer { showStatus() }
        return bondTrouble.note(trouble, speech)
    }

    /// Tells systemd in one line what the agent does; once per change.
    func showStatus() {
        var status = title
        if let job {
            status +=
                ": \(job.attempt.operation.rawValue), rollout \(job.attempt.rollout.short), \(job.narrator.step.rawValue)"
        } else {
            status += isStopping ? ": stopping" : ": idle"
        }
        status += lastVerdict
        if let trouble = bondTrouble.text ?? redisTrouble.text { status += "; \(trouble)" }
        guard status != shownStatus else { return }
        shownStatus = status
        notifier.status(status)
    }
}
