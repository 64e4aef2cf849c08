import Testing

@testable import RedisClient

@Suite struct LaneTests {
    private let address = RedisAddress.unix(path: "/s")
    private let refused = RedisError.unreachable(.unix(path: "/s"), reason: "refused")
    private let readOnly = RedisValue.error(RedisReplyError(message: "READONLY no"))

    private func call(_ id: UInt64, replies: Int = 1) -> Lane.Ticket { Lane.Ticket(id: id, replies: replies) }

    private func lane(failFast: Bool = false) -> Lane { Lane(address: address, failFast: failFast) }

    /// A lane whose connection is ready, with these calls sent.
    private func ready(_ ids: UInt64...) -> Lane {
        var lane = lane()
        _ = lane.submit(call(0, replies: 0))
        _ = lane.connected()
        for id in ids { _ = lane.submit(call(id)) }
        return lane
    }

    private func lost(_ reason: String) -> RedisError { .connectionLost(address, reason: reason) }

    @Test func oneAttemptServesAllWhoWait() {
        var lane = lane()
        #expect(lane.submit(call(1)) == [.dial])
        #expect(lane.submit(call(2)) == [])
        #expect(lane.submit(call(3, replies: 0)) == [])
        #expect(lane.connected() == [.send([1, 2]), .resume(3, .replies([]))])
        #expect(lane.submit(call(4)) == [.send([4])])
        #expect(lane.submit(call(5, replies: 0)) == [.resume(5, .replies([]))])
    }

    @Test func aFailedAttemptClosesTheGate() {
        var lane = lane()
        _ = lane.submit(call(1))
        #expect(lane.connectFailed(refused) == [.hangUp(refused), .rest(failures: 1)])
        #expect(lane.submit(call(2)) == [])
        #expect(lane.gateOpened() == [.dial])
        #expect(lane.connectFailed(refused) == [.hangUp(refused), .rest(failures: 2)])
        #expect(lane.deadline(1) == [.resume(1, .failed(refused))])
        #expect(lane.gateOpened() == [.dial])
        #expect(lane.connected() == [.send([2])])
    }

    @Test func theGateOpensForNobodyWithoutAnAttempt() {
        var lane = lane()
        _ = lane.submit(call(1))
        _ = lane.connectFailed(refused)
        _ = lane.deadline(1)
        #expect(lane.gateOpened() == [])
        #expect(lane.submit(call(2)) == [.dial])
        #expect(lane.connectFailed(refused) == [.hangUp(refused), .rest(failures: 2)], "the count goes on")
    }

    @Test func whoFailsFastIsToldAtOnce() {
        var lane = lane(failFast: true)
        _ = lane.submit(call(1))
        #expect(lane.connectFailed(refused) == [.hangUp(refused), .resume(1, .failed(refused)), .rest(failures: 1)])
        #expect(lane.submit(call(2)) == [.resume(2, .failed(refused))])
    }

    @Test func theFirstAttemptMayOutlastACall() {
        var lane = lane()
        _ = lane.submit(call(1))
        #expect(lane.deadline(1) == [.resume(1, .failed(.unreachable(address, reason: "no answer yet")))])
        #expect(lane.connected() == [])
    }

    @Test func repliesGoToTheirCallsInOrder() {
        var lane = ready(1)
        _ = lane.submit(call(2, replies: 2))
        _ = lane.submit(call(3))
        #expect(lane.received(.integer(1)) == [.resume(1, .replies([.integer(1)]))])
        #expect(lane.received(.integer(2)) == [])
        #expect(lane.received(.integer(3)) == [.resume(2, .replies([.integer(2), .integer(3)]))])
        #expect(lane.received(.integer(4)) == [.resume(3, .replies([.integer(4)]))])
    }

    @Test func aReplyThatNobodyAskedForEndsTheConnection() {
        var lane = ready()
        let error = RedisError.protocolViolation("a reply that no command asked for")
        #expect(lane.received(.null) == [.hangUp(error), .rest(failures: 1)])
    }

    @Test func aDeadlineEndsTheConnectionAndItsNeighbours() {
        var lane = ready(1, 2, 3)
        let error = lost("a call on this connection ran out of time")
        #expect(
            lane.deadline(2) == [
                .resume(2, .overdue), .hangUp(error), .forget(2), .resume(1, .failed(error)),
                .resume(3, .failed(error)),
                .rest(failures: 1),
            ])
    }

    @Test func afterAGoodReplyALossIsNoReasonToWait() {
        var lane = ready(1)
        _ = lane.received(.status("OK"))
        #expect(lane.lost(lost("gone")) == [.hangUp(lost("gone"))])
        #expect(lane.submit(call(2)) == [.dial])
    }

    @Test func aLossBeforeAnyGoodReplyClosesTheGate() {
        var lane = ready(1)
        #expect(
            lane.lost(lost("gone")) == [.hangUp(lost("gone")), .resume(1, .failed(lost("gone"))), .rest(failures: 1)])
        _ = lane.submit(call(2))
        let unsent = RedisError.unreachable(address, reason: "gone")
        #expect(lane.deadline(2) == [.resume(2, .failed(unsent))], "what was not sent is not called lost")
    }

    @Test func aServerThatIsNoPrimaryAnyMoreIsLeft() {
        var lane = ready(1, 2)
        let error = lost("the server replied: READONLY no")
        #expect(
            lane.received(readOnly) == [
                .resume(1, .replies([readOnly])), .hangUp(error), .resume(2, .failed(error)), .rest(failures: 1),
            ])
    }

    @Test func aServerThatAnswersReadsIsWaitedForAllTheSame() {
        var lane = ready(1, 2)
        _ = lane.received(.status("OK"))
        #expect(lane.received(readOnly).last == .rest(failures: 1))
    }

    @Test func readOnlyInAPipelineLeavesAfterItsLastReply() {
        var lane = ready()
        _ = lane.submit(call(1, replies: 2))
        #expect(lane.received(readOnly) == [])
        let error = lost("the server replied: READONLY no")
        #expect(
            lane.received(.null) == [.resume(1, .replies([readOnly, .null])), .hangUp(error), .rest(failures: 1)])
    }

    @Test func aServerThatLetsInAndThrowsOutAgainIsWaitedForLongerAndLonger() {
        var lane = lane()
        _ = lane.submit(call(1))
        for failures in 1...3 {
            _ = lane.connected()
            #expect(lane.lost(lost("gone")).contains(.rest(failures: failures)))
            _ = lane.submit(call(1))
            #expect(lane.gateOpened() == [.dial])
        }
    }

    @Test func aCancelledCallLeavesItsNeighboursAlone() {
        var lane = ready(1, 2)
        #expect(lane.cancel(1) == [.abandon(1)])
        #expect(lane.cancel(1) == [])
        #expect(lane.received(.integer(1)) == [.forget(1)])
        #expect(lane.received(.integer(2)) == [.resume(2, .replies([.integer(2)]))])
    }

    @Test func aCancelledCallThatIsNeverAnsweredStillEndsTheConnection() {
        var lane = ready(1, 2)
        _ = lane.cancel(1)
        let error = lost("a call on this connection ran out of time")
        #expect(
            lane.deadline(1) == [.hangUp(error), .forget(1), .resume(2, .failed(error)), .rest(failures: 1)])
    }

    @Test func closingEndsEverything() {
        var lane = ready(1)
        #expect(lane.close() == [.hangUp(.closed), .resume(1, .failed(.closed))])
        #expect(lane.submit(call(2)) == [.resume(2, .failed(.closed))])
        #expect(lane.close() == [])
        #expect(lane.connected() == [] && lane.gateOpened() == [] && lane.received(.null) == [])
    }
}
