internal import Glibc

/// A file that is read whole: one of /proc or of a configuration. Files of /proc have no length, so they are read to
/// their end, up to a bound.
struct ProcFile {
    /// The most bytes that are read of any file.
    static let limit = 16 << 20
    let path: String

    /// The file's bytes.
    ///
    /// - Returns: nil when there is no such file, or the process that it speaks of is gone.
    /// - Throws: ``HostError/unreadable(path:reason:)``.
    func bytes() throws(HostError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if Self.meansGone(errno) { return nil }
            throw .unreadable(path: path, reason: SystemText.ofErrno())
        }
        defer { close(descriptor) }
        var all: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)
        defer { chunk.deallocate() }
        while true {
            let count = read(descriptor, chunk.baseAddress, chunk.count)
            if count == 0 { return all }
            if count < 0 {
                if errno == EINTR { continue }
                if Self.meansGone(errno) { return nil }
                throw .unreadable(path: path, reason: SystemText.ofErrno())
            }
            all += chunk.prefix(count)
            guard all.count <= Self.limit else { throw .unreadable(path: path, reason: "larger than 16 MiB") }
        }
    }

    /// The file as text; see ``bytes()``.
    func text() throws(HostError) -> String? {
        try bytes().map { String(decoding: $0, as: UTF8.self) }
    }

    /// Where a symbolic link of /proc leads; nil as in ``bytes()``.
    func link() throws(HostError) -> String? {
        let size = Int(PATH_MAX) + 64
        let target: String? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { text in
            guard let base = text.baseAddress else { return nil }
            let count = readlink(path, base, size)
            guard count >= 0 else { return nil }
            return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        if let target { return target }
        if Self.meansGone(errno) { return nil }
        throw .unreadable(path: path, reason: SystemText.ofErrno())
    }

    /// The names in a directory; nil as in ``bytes()``.
    func names() throws(HostError) -> [String]? {
        guard let directory = opendir(path) else {
            if Self.meansGone(errno) { return nil }
            throw .unreadable(path: path, reason: SystemText.ofErrno())
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    private static func meansGone(_ code: Int32) -> Bool { code == ENOENT || code == ESRCH || code == ENOTDIR }
}
