package import DeployModel
import DeployProtocol
package import RedisClient

/// The fleet's state in Redis, as typed operations: the only place where keys, scripts and connections meet.
///
/// A value of this type speaks over one connection; who blocks in a read holds a value of its own. The operations stand in
/// extensions, one file per duty.
package struct Fleet: Sendable {
    /// The fleet.
    package let name: FleetName
    let keys: Keys
    private let redis: RedisClient
    private let failed: @Sendable (CallFault) -> Void

    /// How long an operation that does not block may take. Scripts take under 2 ms; the rest is the network.
    static let patience: Duration = .seconds(2)

    /// The state of `name`, over the connection of `redis`; `failed` is told the kind of each call that failed, for counting.
    package init(
        name: FleetName, redis: RedisClient, failed: @escaping @Sendable (CallFault) -> Void = { _ in }
    ) {
        self.name = name
        self.redis = redis
        self.failed = failed
        keys = Keys(fleet: name)
    }

    /// What the server said of itself when the connection was made; connects when there is none.
    package func server() async throws(CoordinationError) -> ServerFacts {
        do throws(RedisError) {
            let facts = try await counting { () async throws(RedisError) in
                try await redis.facts(within: Self.patience)
            }
            return ServerFacts(version: "\(facts.version)", runID: facts.runID, generation: facts.generation)
        } catch {
            throw .redis(error)
        }
    }

    /// Runs a script and takes its reply apart.
    func run(
        _ script: Script, _ arguments: [String], within limit: Duration = Fleet.patience
    ) async throws(CoordinationError) -> Reply {
        try await run(script, bytes: arguments.map { Array($0.utf8) }, within: limit)
    }

    func run(
        _ script: Script, bytes arguments: [[UInt8]], within limit: Duration = Fleet.patience
    ) async throws(CoordinationError) -> Reply {
        let elements = try await evaluate(script, bytes: arguments, "script \(script.name)", within: limit)
        let first = elements.first.map { $0.text ?? "" }
        guard let code = first.flatMap(ScriptReply.init(rawValue:)) else {
            throw .contract(script.name, "replied \(VisibleText(first ?? "nothing"))")
        }
        return Reply(script: script.name, code: code, values: elements.dropFirst())
    }

    /// The elements of a script's reply. A key of another type is told as a fault of `name`.
    func evaluate(
        _ script: Script, bytes arguments: [[UInt8]], _ name: String, within limit: Duration = Fleet.patience
    ) async throws(CoordinationError) -> [RedisValue] {
        do throws(RedisError) {
            return try await counting { () async throws(RedisError) in
                try await redis.evaluate(
                    RedisScript(name: script.name, source: script.source, isReadOnly: script.isReadOnly),
                    keys: [keys.meta], arguments: arguments, within: limit)
            }.elements ?? []
        } catch {
            throw Self.named(error, name)
        }
    }

    /// Redis does not say which key holds another type; who reads the error must know.
    static func named(_ error: RedisError, _ name: String) -> CoordinationError {
        guard case .reply(let reply) = error, reply.code == "WRONGTYPE" else { return .redis(error) }
        return .contract(name, "a value of another type stands there")
    }

    func call(_ words: [String], within limit: Duration = Fleet.patience) async throws(CoordinationError) -> RedisValue
    {
        do throws(RedisError) {
            return try await counting { () async throws(RedisError) in
                try await redis.call(RedisCommand(words: words), within: limit)
            }
        } catch {
            throw Self.named(error, words.first { $0.hasPrefix("{") } ?? "Redis")
        }
    }

    /// Many commands in one go; an error among the replies is a reply.
    func pipeline(
        _ commands: [[String]], within limit: Duration = Fleet.patience
    ) async throws(CoordinationError) -> [RedisValue] {
        if commands.isEmpty { return [] }
        do throws(RedisError) {
            return try await counting { () async throws(RedisError) in
                try await redis.pipeline(commands.map { RedisCommand(words: $0) }, within: limit)
            }
        } catch {
            throw .redis(error)
        }
    }

    /// Makes a call; the kind of its error is told before it goes on.
    private func counting<Value>(
        _ call: () async throws(RedisError) -> Value
    ) async throws(RedisError) -> Value {
        do throws(RedisError) { return try await call() } catch {
            if let fault = CallFault(error) { failed(fault) }
            throw error
        }
    }
}

/// What a Redis server said of itself when a connection was made.
package struct ServerFacts: Sendable, Equatable {
    /// Its version.
    package let version: String
    /// Its run_id: another one after each restart, promotion or replacement.
    package let runID: String
    /// Grows with each connection that this value's user made.
    package let generation: UInt64
}

/// A script's reply: its first word, and the words behind it.
struct Reply {
    let script: String
    let code: ScriptReply
    let words: [String]
    private let values: ArraySlice<RedisValue>

    init(script: String, code: ScriptReply, values: ArraySlice<RedisValue>) {
        (self.script, self.code, self.values) = (script, code, values)
        words = values.map { $0.text ?? "" }
    }

    /// The word at `index`, empty when the reply is shorter, or its bytes there are no text.
    subscript(index: Int) -> String { index < words.count ? words[index] : "" }

    /// The bytes at `index`, whatever they are; none when the reply is shorter.
    func bytes(_ index: Int) -> [UInt8] { index < values.count ? values[values.startIndex + index].bytes ?? [] : [] }

    /// For a reply that this operation does not know.
    var unexpected: CoordinationError { .contract(script, "replied \(code.rawValue), which has no meaning there") }
}
