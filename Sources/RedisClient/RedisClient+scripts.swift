internal import NIOCore

/// How a server that saw a script lets it be called.
enum RedisScriptAddress: Sendable, Equatable {
    /// Not known yet; it was called once, by its source.
    case unasked
    /// By the digest that SCRIPT LOAD replied.
    case digest([UInt8])
    /// By its source only: the user may not load scripts.
    case source
}

/// How to address the script that has this content. Kept under the script's name: to look it up by the content itself would hash
/// some thousand bytes for each call, while the comparison is one of two references to the same bytes.
struct KnownScript: Sendable {
    let source: [UInt8]
    let address: RedisScriptAddress
}

extension RedisClient {
    /// Runs a script.
    ///
    /// The first call of a script sends its source. The second does, and SCRIPT LOAD in the same go to learn the digest: of a
    /// program that calls a script once, nobody has to read it twice. Later calls send the digest, and the source again when
    /// the server has lost it (restart, failover, SCRIPT FLUSH). Digests are kept by content, so two versions under one name
    /// never mix, and are never computed here.
    ///
    /// - Parameters:
    ///   - script: the script.
    ///   - keys: become `KEYS`.
    ///   - arguments: become `ARGV`.
    ///   - limit: the deadline of all that together.
    /// - Returns: the script's reply.
    /// - Throws: `reply` when the script or the server answers with an error; else see `RedisError`.
    package func evaluate(
        _ script: RedisScript, keys: [String], arguments: [[UInt8]], within limit: Duration
    ) async throws(RedisError) -> RedisValue {
        let deadline = NIODeadline.now() + TimeAmount(bounded: limit)
        let tail = [Array("\(keys.count)".utf8)] + keys.map { Array($0.utf8) } + arguments
        let ending = script.isReadOnly ? "_RO" : ""
        let bySource = RedisCommand(arguments: [Array("EVAL\(ending)".utf8), script.source] + tail)
        switch address(of: script) {
        case nil:
            let reply = try Self.single(await exchange([bySource], until: deadline, limit: limit))
            knownScripts[script.name] = KnownScript(source: script.source, address: .unasked)
            return reply
        case .unasked:
            let load = RedisCommand(arguments: [Array("SCRIPT".utf8), Array("LOAD".utf8), script.source])
            let replies = try await exchange([bySource, load], until: deadline, limit: limit)
            learn(script, from: replies.last)
            return try Self.single(replies)
        case .source:
            return try Self.single(await exchange([bySource], until: deadline, limit: limit))
        case .digest(let digest):
            let byDigest = RedisCommand(arguments: [Array("EVALSHA\(ending)".utf8), digest] + tail)
            let replies = try await exchange([byDigest], until: deadline, limit: limit)
            guard case .error(let error)? = replies.first, error.kind == .noScript else {
                return try Self.single(replies)
            }
            return try Self.single(await exchange([bySource], until: deadline, limit: limit))
        }
    }

    private func address(of script: RedisScript) -> RedisScriptAddress? {
        guard let known = knownScripts[script.name], known.source == script.source else { return nil }
        return known.address
    }

    private func learn(_ script: RedisScript, from reply: RedisValue?) {
        let address: RedisScriptAddress
        switch reply {
        case .bulk(let digest): address = .digest(digest)
        case .error(let error) where error.code == "NOPERM": address = .source
        // Another error may pass; the next call asks again.
        case .error, .status, .integer, .array, .null, nil: return
        }
        knownScripts[script.name] = KnownScript(source: script.source, address: address)
    }
}
