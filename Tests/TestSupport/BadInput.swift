package import DeployModel
package import DeployProtocol
package import RedisClient

/// What nobody of us would write into a fleet's Redis, for one host: drawn from a seed, so that a failure is had again.
///
/// In turn bells, entries of `pending` with and without hashes behind them, questions, and rollouts that the scripts
/// themselves have dispatched and whose text is no order for the host. Of each kind some are a megabyte long.
package struct BadInput {
    var random: SeededGenerator
    let keys: Keys
    let host: HostName
    /// A good order of the fleet for the host, to be spoilt.
    let order: Order
    private var number = 0
    /// The rollouts that were dispatched to the host by the scripts: each must be refused.
    package private(set) var submitted: [RolloutID] = []
    /// How many things were written that have a megabyte or more.
    package private(set) var longOnes = 0

    /// Draws from `seed`.
    package init(seed: UInt64, keys: Keys, host: HostName, order: Order) {
        random = SeededGenerator(seed: seed)
        self.keys = keys
        self.host = host
        self.order = order
    }

    /// Writes so many things.
    package mutating func write(_ count: Int, over redis: RedisClient) async throws {
        var left = count
        while left > 0 {
            let now = min(left, 50)
            let commands = (0..<now).flatMap { _ in next() }
            for reply in try await redis.pipeline(commands, within: .seconds(30)) {
                if case .error(let error) = reply { throw Failure(what: error.message) }
            }
            left -= now
        }
    }

    /// Redis took not even that.
    private struct Failure: Error { let what: String }

    private mutating func next() -> [RedisCommand] {
        number += 1
        let isLong = number.isMultiple(of: 250)
        if isLong { longOnes += 1 }
        // The turn shifts with each long one, so that every kind comes long.
        switch (number + number / 250) % 10 {
        case 0...2: return [bell(isLong)]
        case 3...5: return named(isLong)
        case 6...7: return [pendingField(isLong)]
        case 8: return question(isLong)
        default: return [submission(isLong)]
        }
    }
}

/// Bytes and names.
extension BadInput {
    static let megabyte = [UInt8](repeating: 0x61, count: 1 << 20)

    mutating func bytes(_ most: Int = 60) -> [UInt8] {
        (0..<Int.random(in: 0...most, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    mutating func one(of words: String...) -> [UInt8] { Array(words.randomElement(using: &random)?.utf8 ?? "".utf8) }

    mutating func id() -> RolloutID {
        RolloutID(accepted: String((0..<32).map { _ in "0123456789abcdef".randomElement(using: &random) ?? "0" }))
    }

    static func command(_ words: [[UInt8]]) -> RedisCommand { RedisCommand(arguments: words) }
    static func command(_ name: String, _ key: String, _ words: [[UInt8]]) -> RedisCommand {
        command([Array(name.utf8), Array(key.utf8)] + words)
    }
}

/// Bells and questions.
extension BadInput {
    private mutating func bell(_ isLong: Bool) -> RedisCommand {
        let texts: [[UInt8]]
        switch Int.random(in: 0..<8, using: &random) {
        case 0: texts = [bytes(), bytes()]
        case 1: texts = [Array("v".utf8), one(of: "2", "", "0", "1 ", "-1", "99999999999999999999"), bytes(), bytes()]
        case 2: texts = words("v", "1", "op") + [one(of: "", "fly", "DEPLOY", "deploy ", "d\u{0}", "\u{1b}[2J")]
        case 3: texts = words("v", "1", "op", "ask", "kind", "plan", "ask") + [bytes()] + words("until", "1e9")
        case 4: texts = words("v", "1", "op", "ask", "kind", "plan", "ask", id().text, "until", "9007199254740991")
        case 5: texts = words("v", "1", "rollout", id().text, "op", "deploy", "attempt", "1")
        case 6: texts = words("v", "1", "v", "2", "op", "deploy", "op", "ask")
        default: texts = (0..<80).flatMap { _ in [bytes(8), bytes(8)] }
        }
        // More than a reply to the agent may have, in one entry.
        let long = isLong ? (0..<5).flatMap { _ in [Array("x".utf8), Self.megabyte] } : []
        return Self.command("XADD", keys.commands(host), words("*") + texts + long)
    }

    /// A question whose stream is none, and the bell that asks for it.
    private mutating func question(_ isLong: Bool) -> [RedisCommand] {
        let id = id()
        let stream: RedisCommand
        if isLong {
            stream = Self.command("XADD", keys.ask(id), words("*", "v", "1", "kind", "plan", "until") + [Self.megabyte])
        } else {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: stream = Self.command("SET", keys.ask(id), [bytes()])
            case 1: stream = Self.command("XADD", keys.ask(id), words("*") + [bytes(), bytes()])
            default: stream = Self.command("XADD", keys.ask(id), words("*", "v", "2", "kind", "plan", "until", "9"))
            }
        }
        let ring = words("*", "v", "1", "op", "ask", "kind", "plan", "ask", id.text, "until", "9007199254740991")
        return [stream, Self.command("XADD", keys.commands(host), ring)]
    }

    func words(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
}

/// What `pending` names.
extension BadInput {
    /// A field that names nothing.
    private mutating func pendingField(_ isLong: Bool) -> RedisCommand {
        let name: [UInt8]
        switch Int.random(in: 0..<7, using: &random) {
        case 0: name = bytes()
        case 1: name = Array("\(id())/deploy/1".utf8)
        case 2:
            name =
                Array("\(id())/".utf8) + one(of: "fly/1", "deploy/", "deploy/-1", "deploy/1/1", "/1", "deploy/1\u{0}")
        case 3: name = Array("\(id())/deploy/99999999999999999999".utf8)
        case 4: name = Array("\(id().text.uppercased())/deploy/1".utf8)
        case 5: name = Array("\(id().text.prefix(31))/deploy/1".utf8)
        default: name = Array("../\(id())/deploy/1".utf8)
        }
        return Self.command("HSET", keys.pending(host), [isLong ? name + Self.megabyte : name, since()])
    }

    private mutating func since() -> [UInt8] {
        Bool.random(using: &random) ? one(of: "", "-1", "9007199254740991", "1e300", "now") : bytes()
    }

    /// A field that names a rollout of which a part is missing, of another type, or of another version.
    private mutating func named(_ isLong: Bool) -> [RedisCommand] {
        let id = id()
        let field = Self.command("HSET", keys.pending(host), [Array("\(id)/deploy/1".utf8), since()])
        var text = spoilt(id)
        if isLong { text += Self.megabyte }
        let rollout = words("v", "1", "state", "running", "order") + [text]
        let targets = words(
            "1", host.text, "\(host)/state", "dispatched", "\(host)/op", "deploy", "\(host)/attempt", "1",
            "\(host)/services", "quantum-apply-layer")
        switch Int.random(in: 0..<7, using: &random) {
        case 0: return [field, Self.command("SET", keys.rollout(id), [text])]
        case 1: return [field, Self.command("HSET", keys.rollout(id), rollout)]
        case 2:
            return [
                field, Self.command("HSET", keys.rollout(id), words("v", "2") + rollout.dropFirst(2)),
                Self.command("HSET", keys.targets(id), targets),
            ]
        case 3:
            return [
                field, Self.command("HSET", keys.rollout(id), rollout),
                Self.command("RPUSH", keys.targets(id), [bytes()]),
            ]
        case 4:
            return [
                field, Self.command("HSET", keys.rollout(id), rollout),
                Self.command("HSET", keys.targets(id), [bytes(), bytes(), bytes(), bytes()]),
            ]
        case 5:
            return [
                field, Self.command("HSET", keys.rollout(id), words("v", "1", "state") + [bytes()]),
                Self.command("HSET", keys.targets(id), targets),
            ]
        default:
            return [
                field, Self.command("HSET", keys.rollout(id), rollout),
                Self.command("HSET", keys.targets(id), targets),
            ]
        }
    }
}

/// Rollouts of the scripts' own making.
extension BadInput {
    /// The script takes any bytes for an order's text: it never reads them.
    private mutating func submission(_ isLong: Bool) -> RedisCommand {
        let id = id()
        submitted.append(id)
        let text = isLong ? spoilt(id) + Self.megabyte : spoilt(id)
        // Services of its own: the leases of real ones must be free for the good order.
        let arguments: [[UInt8]] =
            [Array(id.text.utf8), text, []]
            + words(
                order.fleet.text, "mallory", "bad input", "deploy", order.source.text, order.branch.text,
                order.commit.text, String(order.beginBefore.milliseconds), String(order.until.milliseconds), "1", "1",
                "0", "none", "0", "halt", "revert", "1", "0", host.text, "bad-\(number)")
        return Self.command(words("EVAL") + [Script.submit.source] + words("1", keys.meta) + arguments)
    }

    /// The order's text under an id, made so that it is no order for this host.
    private mutating func spoilt(_ id: RolloutID) -> [UInt8] {
        var good = order
        good.id = id
        while true {
            let text = spoil(OrderText.encode(good))
            guard let order = try? OrderText.decode(text), order.fleet == good.fleet, order.id == id,
                !order.lines(of: host).isEmpty
            else { return text }
        }
    }

    private mutating func spoil(_ text: [UInt8]) -> [UInt8] {
        let place = Int.random(in: text.indices, using: &random)
        var text = text
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return Array(text[..<place])
        case 1: text[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: return bytes(2000)
        case 3: return text.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
        case 4: text.insert(0, at: place)
        case 5: return Array(String(decoding: text, as: UTF8.self).replacing("reason=", with: "reason=e\u{301}").utf8)
        case 6: return Array(String(decoding: text, as: UTF8.self).replacing("fleet=", with: "fleet=x").utf8)
        case 7: return Array(String(decoding: text, as: UTF8.self).replacing("at=\(host) ", with: "at=x\(host) ").utf8)
        case 8: return Array(String(decoding: text, as: UTF8.self).replacing("qtorder1", with: "qtorder2").utf8)
        case 9: text.insert(contentsOf: text, at: 0)
        case 10: text.insert(0x20, at: place)
        default: return String(decoding: text, as: UTF8.self).utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        }
        return text
    }
}
