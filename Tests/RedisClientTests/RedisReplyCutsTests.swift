import Glibc
import TestSupport
import Testing

@testable import RedisClient

/// A reply is the same wherever the network cuts it.
///
/// One case after another, and each gives way now and then: they only compute, and the threads are the cores' number, so
/// that otherwise the tests beside them, which wait for a server, would run out of time.
@Suite(.serialized) struct RedisReplyCutsTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let values: [RedisValue]
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ values: [RedisValue]) {
            self.name = name
            bytes = Array(text.utf8)
            self.values = values
        }
    }

    private static func bulk(_ text: String) -> RedisValue { .bulk(Array(text.utf8)) }
    private static func error(_ text: String) -> RedisValue { .error(RedisReplyError(message: text)) }

    /// Every type that RESP2 has, and how they nest and follow each other. The big ones are longer than the 1,024 bytes
    /// after which hiredis drops what it has read, and than the 16 KiB of buffer that it keeps.
    static let vectors: [Vector] = [
        Vector("status", "+OK\r\n", [.status("OK")]),
        Vector("empty status", "+\r\n", [.status("")]),
        Vector("error", "-WRONGTYPE no\r\n", [error("WRONGTYPE no")]),
        Vector("empty error", "-\r\n", [error("")]),
        Vector(
            "integers", ":-9223372036854775808\r\n:9223372036854775807\r\n:0\r\n",
            [.integer(.min), .integer(.max), .integer(0)]),
        Vector("null bulk", "$-1\r\n", [.null]),
        Vector("null array", "*-1\r\n", [.null]),
        Vector("empty bulk", "$0\r\n\r\n", [.bulk([])]),
        Vector("empty array", "*0\r\n", [.array([])]),
        Vector("bulk with line breaks", "$9\r\na\r\nb\u{0}\r\n\r\n\r\n", [bulk("a\r\nb\u{0}\r\n\r\n")]),
        Vector("bulk that looks like replies", "$13\r\n+OK\r\n$-1\r\n*0\r\r\n", [bulk("+OK\r\n$-1\r\n*0\r")]),
        Vector(
            "nested", "*4\r\n:1\r\n-ERR in here\r\n*3\r\n$-1\r\n$1\r\nx\r\n*0\r\n*-1\r\n",
            [.array([.integer(1), error("ERR in here"), .array([.null, bulk("x"), .array([])]), .null])]),
        Vector(
            "eight deep", String(repeating: "*1\r\n", count: 8) + "+x\r\n",
            [(0..<8).reduce(.status("x")) { value, _ in .array([value]) }]),
        Vector(
            "pipelined", "+a\r\n:2\r\n$1\r\nb\r\n*1\r\n+c\r\n-ERR d\r\n$-1\r\n+OK\r\n",
            [.status("a"), .integer(2), bulk("b"), .array([.status("c")]), error("ERR d"), .null, .status("OK")]),
        Vector(
            "many small ones", (0..<400).map { "$3\r\n\(100 + $0)\r\n" }.joined(),
            (0..<400).map { bulk("\(100 + $0)") }),
        Vector(
            "big bulk between", "+a\r\n$20000\r\n" + String(repeating: "xy\r\n", count: 5000) + "\r\n:1\r\n",
            [.status("a"), bulk(String(repeating: "xy\r\n", count: 5000)), .integer(1)]),
        Vector(
            "entries of a stream",
            "*20\r\n"
                + String(
                    repeating: "*2\r\n$15\r\n1526984818136-0\r\n*4\r\n$1\r\nv\r\n$1\r\n1\r\n$4\r\nhost\r\n$2\r\nh1\r\n",
                    count: 20),
            [
                .array(
                    Array(
                        repeating: .array([
                            bulk("1526984818136-0"), .array([bulk("v"), bulk("1"), bulk("host"), bulk("h1")]),
                        ]),
                        count: 20))
            ]),
    ]

    private func decode(_ bytes: [UInt8], cutAt cuts: [Int]) throws(RedisError) -> [RedisValue] {
        var decoder = try RedisReplyDecoder(limit: 1 << 20)
        var values: [RedisValue] = []
        var start = 0
        for end in cuts + [bytes.count] {
            try decoder.feed(bytes[start..<end].span.bytes)
            while let value = try decoder.next() { values.append(value) }
            start = end
        }
        return values
    }

    @Test(arguments: vectors)
    func everySingleCut(vector: Vector) async throws {
        let whole = try decode(vector.bytes, cutAt: [])
        #expect(whole == vector.values)
        for cut in vector.bytes.indices {
            if cut % 100 == 0 { await Task.yield() }
            let values = try decode(vector.bytes, cutAt: [cut])
            guard values.same(as: vector.values) else {
                Issue.record("cut at \(cut): \(values)")
                return
            }
        }
        #expect(try decode(vector.bytes, cutAt: Array(vector.bytes.indices)).same(as: vector.values), "byte by byte")
    }

    @Test(arguments: vectors)
    func tenThousandRandomCuts(vector: Vector) async throws {
        let seed = Seed.value
        var random = SeededGenerator(seed: seed)
        for round in 0..<10_000 {
            if round % 100 == 0 { await Task.yield() }
            let count = Int.random(in: 2...12, using: &random)
            let cuts = (0..<count).map { _ in Int.random(in: 0...vector.bytes.count, using: &random) }.sorted()
            let values = try decode(vector.bytes, cutAt: cuts)
            guard values.same(as: vector.values) else {
                Issue.record("QT_TEST_SEED=\(seed), round \(round), cuts \(cuts): \(values)")
                return
            }
        }
    }
}

extension [RedisValue] {
    /// As `==`, which takes its time with long bulks where nothing is optimized.
    fileprivate func same(as other: [RedisValue]) -> Bool {
        guard count == other.count else { return false }
        return zip(self, other).allSatisfy { left, right in
            switch (left, right) {
            case (.bulk(let left), .bulk(let right)): left.count == right.count && memcmp(left, right, left.count) == 0
            case (.array(let left), .array(let right)): left.same(as: right)
            default: left == right
            }
        }
    }
}
