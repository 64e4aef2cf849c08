import TestSupport
import Testing

@testable import RedisClient

/// Random events against what must always hold, whatever the order.
@Suite struct LaneWalkTests {
    private struct World {
        var lane: Lane
        var told: [UInt64: Int] = [:]
        var forgotten: Set<UInt64> = []
        var abandoned: Set<UInt64> = []
        var written: Set<UInt64> = []
        var isDialling = false
        var isResting = false
        var isConnected = false

        mutating func take(_ actions: [Lane.Action]) {
            for action in actions {
                switch action {
                case .dial:
                    #expect(!isDialling && !isResting && !isConnected, "one attempt at a time, none behind the gate")
                    isDialling = true
                case .rest:
                    #expect(!isDialling && !isConnected && !isResting)
                    isResting = true
                case .hangUp:
                    isDialling = false
                    isConnected = false
                case .send(let ids):
                    #expect(isConnected)
                    for id in ids { #expect(written.insert(id).inserted, "a call is written once") }
                case .resume(let id, _): told[id, default: 0] += 1
                case .abandon(let id):
                    told[id, default: 0] += 1
                    abandoned.insert(id)
                case .forget(let id): forgotten.insert(id)
                }
            }
        }
    }

    @Test(arguments: [false, true])
    func everyCallEndsExactlyOnce(failFast: Bool) {
        let seed = Seed.value
        var random = SeededGenerator(seed: seed)
        let address = RedisAddress.unix(path: "/s")
        for _ in 0..<300 {
            var world = World(lane: Lane(address: address, failFast: failFast))
            var last: UInt64 = 0
            for _ in 0..<Int.random(in: 1...80, using: &random) {
                step(&world, last: &last, address: address, random: &random)
            }
            world.take(world.lane.close())
            for id in 0..<last { #expect(world.told[id + 1] == 1, "seed \(seed), call \(id + 1)") }
            #expect(world.abandoned.isSubset(of: world.forgotten), "seed \(seed): a deadline is left set")
        }
    }

    private func step(_ world: inout World, last: inout UInt64, address: RedisAddress, random: inout SeededGenerator) {
        let any = UInt64.random(in: 0...(last + 1), using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3:
            last += 1
            world.take(world.lane.submit(Lane.Ticket(id: last, replies: Int.random(in: 0...3, using: &random))))
        case 4 where world.isDialling:
            world.isDialling = false
            world.isConnected = true
            world.take(world.lane.connected())
        case 5 where world.isDialling:
            world.take(world.lane.connectFailed(.unreachable(address, reason: "no")))
        case 6 where world.isResting:
            world.isResting = false
            world.take(world.lane.gateOpened())
        case 7, 8: world.take(world.lane.received(.integer(1)))
        case 9: world.take(world.lane.deadline(any))
        case 10: world.take(world.lane.cancel(any))
        case 11 where Bool.random(using: &random):
            world.take(world.lane.received(.error(RedisReplyError(message: "READONLY"))))
        default: world.take(world.lane.lost(.connectionLost(address, reason: "no")))
        }
    }
}
