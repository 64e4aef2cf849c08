import DeployModel
import HostControl

/// Says which commit each process runs, by the record or, for an invocation that the agent did not start, by judging it once.
struct RunningCommits: Sendable {
    let tools: HostTools
    let memory: AgentMemory
    let bootID: String

    /// The commit of the unit's current process.
    func of(
        _ facts: UnitFacts, path: CanonicalPath, head: CommitID?, repository: GitRepository
    ) async -> RunningRecord.Running {
        let unknown = RunningRecord.Running(invocation: facts.invocationID ?? "", commit: nil, basis: .unknown)
        guard facts.isRunning, let invocation = facts.invocationID, let head, let pid = facts.mainPID,
            let process = (try? tools.processes.facts(of: pid)).flatMap({ $0 })
        else { return unknown }
        let record = await memory.record
        if let noted = record.commit(of: facts.service, invocation: invocation) { return noted }
        let moves = (try? await repository.reflog(limit: 50)) ?? []
        let judged = record.judge(
            path: path, bootID: bootID, started: process.started, startedWall: process.startedWall, head: head,
            headMoves: moves.map { (Timestamp(milliseconds: $0.seconds * 1000), $0.commit) })
        let running = RunningRecord.Running(invocation: invocation, commit: judged.commit, basis: judged.basis)
        let service = facts.service
        // Not written down is not known next time; it is judged again. What a job has written down meanwhile, of a process that
        // it started itself, is worth more than what was found out here.
        try? await memory.update { now in
            if now.running[service] == record.running[service] { now.note(service, running) }
        }
        return await memory.record.commit(of: service, invocation: invocation) ?? running
    }
}
