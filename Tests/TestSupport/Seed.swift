import Glibc

/// The seed of tests that draw: the same with each run, so that a failure is had again, and another one by QT_TEST_SEED.
package enum Seed {
    /// The seed of this run.
    package static let value: UInt64 = getenv("QT_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_250_101
}

/// SplitMix64, so that a failing round can be had again from its seed.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// A generator that gives the same numbers for the same seed.
    package init(seed: UInt64) {
        state = seed
    }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
