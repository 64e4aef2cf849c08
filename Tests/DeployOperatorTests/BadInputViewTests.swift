import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

@testable import DeployOperator

/// What only looks stays of use whatever others have written into the fleet's Redis.
@Suite(.timeLimit(.minutes(2))) struct BadInputViewTests {
    private static let keys = Keys(fleet: StandIn.name)
    private static let h1 = HostName(accepted: "h1")

    @Test func everyViewShowsWhatIsOursAndNamesTheRest() async throws {
        try await TemporaryFolder.with { folder async throws in
            let files = UserFiles(environment: ["HOME": "\(folder)"])
            try await StandIn.with([.init(name: "h1")]) { stage async throws in
                let order = try await deploy(stage, files)
                try await spoil(stage, order)
                let view = StatusView(fleet: stage.fleet, console: Paper().console())
                try await view.status(services: [], hosts: [])
                try await view.agents()
                try await rolloutsAreListed(stage, order)
                try await theRolloutIsShown(stage, order)
                let paper = Paper()
                let code = try await Follower(fleet: stage.fleet, console: paper.console()).follow(order.id, limit: nil)
                #expect(code == .good)
                #expect(paper.notes.contains { $0.hasSuffix("rollout succeeded") })
                let planned = Deployment(
                    fleet: stage.fleet, settings: stage.settings, files: files, console: Paper().console())
                #expect(try await planned.prepare(Samples.all, isConfirmed: true) != nil)
            }
        }
    }

    private func deploy(_ stage: StandIn, _ files: UserFiles) async throws -> Order {
        let deployment = Deployment(
            fleet: stage.fleet, settings: stage.settings, files: files, console: Paper().console())
        let prepared = try await deployment.prepare(Samples.all, isConfirmed: true)
        let signed = try #require(prepared)
        let order = signed.order
        try await deployment.submit(signed)
        #expect(try await deployment.follow(order, limit: nil) == .good)
        return order
    }

    private func spoil(_ stage: StandIn, _ order: Order) async throws {
        let redis = stage.server.client("mallory")
        var flood = BadInput(seed: Seed.value, keys: Self.keys, host: Self.h1, order: order)
        try await flood.write(2000, over: redis)
        let long = String(repeating: "x", count: 1 << 20)
        let string = RolloutID.random()
        let later = RolloutID.random()
        var commands = [
            RedisCommand("SET", Self.keys.rollout(string), "no hash"),
            RedisCommand("HSET", Self.keys.rollout(later), "v", "2", "state", "running", "reason", long),
            RedisCommand("ZADD", Self.keys.rollouts, "9e15", string.text, "9e15", later.text, "9e15", long),
            RedisCommand("HSET", Self.keys.targets(order.id), "2", "h1", "3", "h1", "4", "H", "h1/x/error", long),
            RedisCommand("HSET", Self.keys.host(Self.h1), "service/\(long)/source", "x", "agent", long),
        ]
        for number in 0..<500 {
            let id = RolloutID.random()
            commands.append(RedisCommand("ZADD", Self.keys.rollouts, "\(9_000_000_000_000 + number)", id.text))
            commands.append(
                RedisCommand("XADD", Self.keys.events(order.id), "*", "kind", "\(number)", "detail", "\u{1b}[2J"))
        }
        for _ in 0..<70 { commands.append(RedisCommand("XADD", Self.keys.events(order.id), "*", "detail", long)) }
        for reply in try await redis.pipeline(commands, within: .seconds(30)) {
            if case .error(let error) = reply { Issue.record("\(error)") }
        }
        await redis.close()
    }

    /// 500 members that name nothing, one of another type and one of another version stand before it.
    private func rolloutsAreListed(_ stage: StandIn, _ order: Order) async throws {
        let paper = Paper()
        try await StatusView(fleet: stage.fleet, console: paper.console()).rollouts(RolloutFilter(count: 400))
        let lines = paper.data.flatMap { $0.split(separator: "\n") }
        #expect(lines.contains { $0.hasPrefix(order.id.short) && $0.contains("succeeded") })
        #expect(lines.count > 100, "those that were submitted are listed too")
        #expect(lines.allSatisfy { $0.count < 1000 })
        let records = try await stage.fleet.rollouts(newest: 2)
        #expect(
            Set(records.map(\.stateDetail)) == ["a value of another type stands there", "contract version 2"])
        #expect(try await stage.fleet.resolve(order.id.short) == order.id)
    }

    private func theRolloutIsShown(_ stage: StandIn, _ order: Order) async throws {
        let paper = Paper()
        try await StatusView(fleet: stage.fleet, console: paper.console()).show(order.id, evidence: true)
        #expect(paper.data.last == "all is well")
        let targets = try await stage.fleet.targets(order.id, state: .succeeded)
        #expect(targets.map(\.service) == [Samples.apply] && targets.map(\.verdict) == [.verified])
    }
}
