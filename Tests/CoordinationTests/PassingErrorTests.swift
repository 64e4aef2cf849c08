import RedisClient
import Testing

@testable import Coordination

/// Which errors are worth another try, and which need a person.
@Suite struct PassingErrorTests {
    private static let address = RedisAddress.tcp(host: "redis", port: 6379)

    @Test(
        arguments: [
            .unreachable(address, reason: "refused"), .isReplica(address),
            .deadline(command: "GET", limit: .seconds(2)),
            .connectionLost(address, reason: "closed"), .reply(RedisReplyError(message: "OOM no memory")),
            .reply(RedisReplyError(message: "MISCONF disk")), .reply(RedisReplyError(message: "LOADING")),
            .reply(RedisReplyError(message: "READONLY replica")),
        ] as [RedisError])
    func passes(error: RedisError) { #expect(CoordinationError.redis(error).mayPass) }

    @Test(
        arguments: [
            .wrongPassword(address, username: "ann"), .needsPassword(address),
            .notPermitted(address, username: "ann", message: "no"), .closed, .cancelled,
            .reply(RedisReplyError(message: "NOPERM no")), .reply(RedisReplyError(message: "WRONGTYPE hash")),
        ] as [RedisError])
    func needsAPerson(error: RedisError) { #expect(!CoordinationError.redis(error).mayPass) }

    @Test func aContractThatDoesNotFitStaysSo() {
        #expect(!CoordinationError.contract("meta", "of another version").mayPass)
        #expect(!CoordinationError.unknownRollout("a").mayPass)
    }
}
