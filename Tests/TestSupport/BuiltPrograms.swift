import Glibc

/// The programs of this package, as the build has put them beside the tests.
package enum BuiltPrograms {
    /// The folder that holds `qtagent` and `qtctl`.
    package static var folder: String {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        let own = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(own[..<(own.lastIndex(of: "/") ?? own.endIndex)])
    }
}
