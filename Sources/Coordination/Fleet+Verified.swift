package import DeployModel
import DeployProtocol
import RedisClient

/// What was proven of one service on one host.
package struct VerifiedCommits: Sendable, Equatable {
    /// The host.
    package let host: HostName
    /// The service.
    package let service: ServiceName
    /// The commit that was verified last.
    package let last: CommitID?
    /// The one that was verified before it.
    package let before: CommitID?

    /// See the properties.
    package init(host: HostName, service: ServiceName, last: CommitID?, before: CommitID?) {
        self.host = host
        self.service = service
        self.last = last
        self.before = before
    }
}

extension Fleet {
    /// What was proven of services on hosts, in the order in which they are asked for.
    package func verified(
        _ targets: [(host: HostName, service: ServiceName)]
    ) async throws(CoordinationError) -> [VerifiedCommits] {
        let replies = try await pipeline(
            targets.map { ["HMGET", keys.service($0.service), "verified:\($0.host)", "before:\($0.host)"] })
        return zip(targets, replies).map { target, reply in
            let words = reply.elements ?? []
            func commit(_ index: Int) -> CommitID? {
                index < words.count ? try? CommitID(words[index].text ?? "") : nil
            }
            return VerifiedCommits(host: target.host, service: target.service, last: commit(0), before: commit(1))
        }
    }
}
