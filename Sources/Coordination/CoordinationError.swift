package import DeployModel
package import RedisClient

/// Why an operation on the fleet's state could not be carried out.
package enum CoordinationError: Error, Equatable, CustomStringConvertible {
    /// Redis is away, refuses, or is not what it should be.
    case redis(RedisError)
    /// What stands in Redis, or what a script replied, is not of this contract. The name, and what is wrong with it.
    case contract(String, String)
    /// No rollout has this id, or none begins with it.
    case unknownRollout(String)
    /// More than one rollout's id begins so.
    case ambiguousRollout(String, [RolloutID])

    /// Whether the same operation can succeed later although nobody mends anything; see `RedisError.mayPass`.
    package var mayPass: Bool {
        switch self {
        case .redis(let error): error.mayPass
        case .contract, .unknownRollout, .ambiguousRollout: false
        }
    }

    package var description: String {
        switch self {
        case .redis(let error): error.description
        case .contract(let name, let problem):
            "\(name): \(problem); another version of qtdeploy, or somebody else, has written there"
        case .unknownRollout(let text):
            "no rollout's id begins with \"\(VisibleText(text))\"; `qtctl rollouts` lists them"
        case .ambiguousRollout(let text, let ids):
            "\"\(VisibleText(text))\" is the beginning of \(ids.count) rollouts: "
                + Self.toldApart(ids.prefix(5)).joined(separator: ", ") + "; give more digits"
        }
    }

    /// The beginnings of ids, as long as it takes for each to be another one.
    private static func toldApart(_ ids: some Collection<RolloutID>) -> [String] {
        let length = (8...32).first { length in Set(ids.map { $0.text.prefix(length) }).count == ids.count } ?? 32
        return ids.map { String($0.text.prefix(length)) }
    }
}
