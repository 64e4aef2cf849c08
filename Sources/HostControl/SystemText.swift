internal import Glibc
internal import SystemPackage

/// Texts of the C library.
enum SystemText {
    /// What the last failed call of this thread says.
    static func ofErrno() -> String { of(errno) }

    /// The text of an error number.
    static func of(_ number: Int32) -> String { Errno(rawValue: number).description }
}
