import DeployModel
import Testing

@testable import DeployProtocol

/// The golden orders of `protocol/vectors`, and what becomes of them when a byte changes.
@Suite struct OrderVectorTests {
    private static func vectors(_ prefix: String) throws -> [String] {
        try Repository.names("vectors").filter { $0.hasPrefix(prefix) && $0.hasSuffix(".qtorder1") }
    }

    @Test func goodOnesDecodeAndEncodeToTheSameBytes() throws {
        let names = try Self.vectors("good-")
        #expect(names.count >= 3)
        for name in names {
            let bytes = try Repository.bytes("vectors/" + name)
            #expect(try OrderText.encode(OrderText.decode(bytes)) == bytes, "\(name)")
        }
    }

    @Test func goodFields() throws {
        let order = try OrderText.decode(Repository.bytes("vectors/good-deploy.qtorder1"))
        #expect(order.fleet.text == "prod")
        #expect(order.id.text == "00112233445566778899aabbccddeeff")
        #expect(order.operatorName.text == "ada@desk")
        #expect(order.operation == .deploy && order.direction == .forward)
        #expect(order.source.text == "qt" && order.branch.text == "release/2.0")
        #expect(order.commit.text == String(repeating: "b", count: 40))
        #expect(order.lines.map(\.host.text) == ["h1", "h1", "h2"])
        #expect(order.lines.map(\.path.text) == ["/home/qt/quantum_trader", "/srv/risk", "/home/qt/quantum_trader"])
        #expect(order.lines[0].expectedHead.text == "0123456789abcdef0123456789abcdef01234567")
        #expect(order.lines[0].services.map(\.text) == ["quantum-apply", "quantum-feed@1"])
        #expect(order.waves.sizes == [.hosts(1), .hosts(5), .percent(20)])
        #expect(order.soakSeconds == 60 && order.maxFailures == 0)
        #expect(order.pauseAfter == .none && order.onFailure == .halt && order.failedHost == .revert)
        #expect(order.beginBefore.milliseconds == 1_767_225_600_000)
        #expect(order.until.milliseconds == 1_767_240_000_000)
        #expect(order.created.milliseconds == 1_767_225_000_000)
        #expect(order.reason.text == "nightly")
    }

    @Test func goodFieldsOfTheOthers() throws {
        let back = try OrderText.decode(Repository.bytes("vectors/good-revert-any.qtorder1"))
        #expect(back.operation == .revert && back.direction == .any && back.pauseAfter == .wave)
        #expect(back.onFailure == .revertAll && back.failedHost == .leave)
        #expect(back.maxFailures == DecimalNumber.maximum && back.reason == .none)
        #expect(back.lines[0].path.text == "/" && back.lines[0].expectedHead.text.count == 64)
        let words = try OrderText.decode(Repository.bytes("vectors/good-reason-escaped.qtorder1")).reason.text
        let wanted = "50% höher, e\u{301}, 😀: why? a=b+c"
        #expect(words.unicodeScalars.elementsEqual(wanted.unicodeScalars))
    }

    @Test func badOnesAreRefusedWithTheirLine() throws {
        let names = try Self.vectors("bad-line")
        #expect(names.count >= 40)
        for name in names {
            let bytes = try Repository.bytes("vectors/" + name)
            let line = Int(name.dropFirst("bad-line".count).prefix { $0 != "-" })
            let error = #expect(throws: MalformedText.self, "\(name)") { try OrderText.decode(bytes) }
            #expect(error?.line == line, "\(name): \(error?.description ?? "")")
            #expect(error?.problem.isEmpty == false)
        }
    }

    @Test func tooManyHostsAndTooManyBytes() throws {
        var order = try OrderText.decode(Repository.bytes("vectors/good-deploy.qtorder1"))
        let line = order.lines[0]
        order.lines = (1...1000).map { number in
            var line = line
            line.host = HostName(accepted: "h\(number)")
            return line
        }
        let largest = OrderText.encode(order)
        #expect(try OrderText.decode(largest) == order)
        order.lines.append(
            Order.Line(
                host: HostName(accepted: "x"), path: line.path, expectedHead: line.expectedHead, services: line.services
            ))
        let error = #expect(throws: MalformedText.self) { try OrderText.decode(OrderText.encode(order)) }
        #expect(error?.problem.contains("1001 hosts") == true)
        let long = #expect(throws: MalformedText.self) {
            try OrderText.decode(Array(repeating: UInt8(ascii: "a"), count: Order.maximumBytes + 1))
        }
        #expect(long?.problem.contains("524288 bytes") == true)
    }

    /// Every single byte flipped bit by bit, removed, or with another before it: refused, or an order that is exactly
    /// those bytes.
    @Test func everyChangedByteIsRefusedOrIsAnotherOrder() throws {
        for name in try Self.vectors("good-") {
            let golden = try Repository.bytes("vectors/" + name)
            var taken = 0
            for index in golden.indices {
                var changes = (0..<8).map { bit in
                    var changed = golden
                    changed[index] ^= 1 << bit
                    return changed
                }
                changes.append(Array(golden[..<index] + golden[(index + 1)...]))
                for byte in [
                    UInt8(ascii: "\n"), 0, UInt8(ascii: " "), UInt8(ascii: "0"), UInt8(ascii: "%"), 0xCC,
                    UInt8(ascii: "a"),
                ] {
                    changes.append(golden[..<index] + [byte] + golden[index...])
                }
                for changed in changes where changed != golden {
                    guard let order = try? OrderText.decode(changed) else { continue }
                    taken += 1
                    #expect(OrderText.encode(order) == changed, "\(name) at \(index)")
                }
            }
            #expect(taken > 0, "some changes make another good order")
        }
    }

    @Test func seededNoiseNeverCrashes() throws {
        let golden = try Repository.bytes("vectors/good-deploy.qtorder1")
        let seed = UInt64.random(in: .min ... .max)
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, bound)
        }
        for _ in 0..<3_000 {
            var bytes = golden
            for _ in 0...random(5) {
                let index = random(bytes.count)
                switch random(3) {
                case 0: bytes[index] = UInt8(random(256))
                case 1: bytes.removeSubrange(index..<min(bytes.count, index + random(40)))
                default: bytes.insert(contentsOf: golden[random(golden.count)...].prefix(random(60)), at: index)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            if let order = try? OrderText.decode(bytes) { #expect(OrderText.encode(order) == bytes, "seed \(seed)") }
        }
    }
}
