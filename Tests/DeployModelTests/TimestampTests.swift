import DeployModel
import FoundationEssentials
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (86_399_999, "1970-01-01T23:59:59.999Z"),
        (68_169_600_000, "1972-02-29T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_800_000, "2000-03-01T00:00:00.000Z"), (1_709_251_199_042, "2024-02-29T23:59:59.042Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-5, "1970-01-01T00:00:00.000Z"),
    ])
    func knownMoments(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test func agreesWithFoundation() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(state: seed)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
        for _ in 0..<5_000 {
            let seconds = Int64.random(in: 0...253_402_300_799, using: &generator)
            let wanted = Date(timeIntervalSince1970: Double(seconds)).formatted(style).dropLast() + ".007Z"
            #expect(Timestamp(milliseconds: seconds * 1000 + 7).description == wanted, "seed \(seed)")
        }
    }

    @Test func localTime() {
        let moment = Timestamp(milliseconds: 1_709_251_199_042)
        #expect(moment.local(offsetSeconds: 3600) == "2024-03-01 00:59:59 +01:00")
        #expect(moment.local(offsetSeconds: -12_600) == "2024-02-29 20:29:59 -03:30")
        #expect(Timestamp(milliseconds: 0).local(offsetSeconds: -3600) == "1969-12-31 23:00:00 -01:00")
    }

    @Test func addingStaysWithinWhatCanBeCounted() {
        let moment = Timestamp(milliseconds: 1_000)
        #expect(moment.adding(seconds: 2).milliseconds == 3_000)
        #expect(moment.adding(seconds: -2).milliseconds == 0)
        #expect(moment.adding(seconds: .max).milliseconds == .max)
        #expect(moment.adding(seconds: .min).milliseconds == 0)
        #expect(moment.adding(seconds: Int64.max / 1000).milliseconds == .max)
        #expect(!Timestamp(milliseconds: .max).description.isEmpty)
    }
}

/// Seeded randomness: the same seed gives the same run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
