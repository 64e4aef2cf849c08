/// A Redis version such as 7.0.15.
package struct RedisVersion: Sendable, Hashable, Comparable {
    /// The first number.
    package let major: Int
    /// The second number.
    package let minor: Int
    /// The third number; 0 when the text has none.
    package let patch: Int

    /// A version from its numbers.
    package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads `7.0` or `7.0.15`; nil when the text does not start with two decimal numbers. What follows the third
    /// number, as in `8.0.0-rc1`, is ignored.
    package init?(parsing text: String) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]), major >= 0, minor >= 0 else {
            return nil
        }
        let patch = parts.count == 3 ? Int(parts[2].prefix(while: \.isNumber)) : 0
        guard let patch else { return nil }
        self.init(major, minor, patch)
    }

    /// Orders by major, minor, patch.
    package static func < (left: RedisVersion, right: RedisVersion) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}

extension RedisVersion: CustomStringConvertible {
    /// `major.minor.patch`.
    package var description: String { "\(major).\(minor).\(patch)" }
}
