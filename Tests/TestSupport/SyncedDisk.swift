import Glibc
import Synchronization
package import SystemPackage

/// What a loss of power would leave of a folder: of each file the bytes, and of each directory the names, that it had when it
/// was last synced.
///
/// The tests' program has an fsync(2) of its own, which notes that and then calls the real one. So what is not synced is not
/// there, on whatever file system the test runs.
package final class SyncedDisk: Sendable {
    private struct Inodes {
        var names: [UInt64: [String: UInt64]] = [:]
        var bytes: [UInt64: [UInt8]] = [:]
    }

    fileprivate static let watched = Mutex<[String: SyncedDisk]>([:])
    private let inodes = Mutex(Inodes())

    private init() {}

    /// Watches a folder as long as `body` runs.
    ///
    /// - Throws: what `body` throws.
    package static func watch<Result>(_ folder: FilePath, _ body: (SyncedDisk) throws -> Result) rethrows -> Result {
        let disk = SyncedDisk()
        watched.withLock { $0[folder.string] = disk }
        defer { watched.withLock { $0[folder.string] = nil } }
        return try body(disk)
    }

    /// What is left of a file in a directory that still stands; nil when its name is lost.
    package func bytes(of path: FilePath) -> [UInt8]? {
        guard let folder = Self.status(path.removingLastComponent().string), let name = path.lastComponent?.string
        else {
            return nil
        }
        return inodes.withLock { inodes in
            guard let inode = inodes.names[UInt64(folder.st_ino)]?[name] else { return nil }
            return inodes.bytes[inode] ?? []
        }
    }

    fileprivate func note(_ path: String) {
        guard let status = Self.status(path) else { return }
        let inode = UInt64(status.st_ino)
        if status.st_mode & S_IFMT == S_IFDIR {
            let names = Self.names(in: path)
            inodes.withLock { $0.names[inode] = names }
        } else {
            let bytes = Self.content(of: path)
            inodes.withLock { $0.bytes[inode] = bytes }
        }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    private static func names(in path: String) -> [String: UInt64] {
        guard let directory = opendir(path) else { return [:] }
        defer { closedir(directory) }
        var names: [String: UInt64] = [:]
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names[name] = status(path + "/" + name).map { UInt64($0.st_ino) }
        }
        return names
    }

    private static func content(of path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }
}

/// Takes the place of the C library's function in the tests' program.
@_cdecl("fsync") func notingSync(_ descriptor: Int32) -> Int32 {
    var name = [UInt8](repeating: 0, count: 4096)
    let length = readlink("/proc/self/fd/\(descriptor)", &name, name.count)
    let path = String(decoding: name[..<max(0, length)], as: UTF8.self)
    let disk = SyncedDisk.watched.withLock { watched in
        watched.first { path == $0.key || path.hasPrefix($0.key + "/") }?.value
    }
    disk?.note(path)
    return RealSync.function(descriptor)
}

private enum RealSync {
    typealias Function = @convention(c) (Int32) -> Int32

    static let function: Function = {
        // RTLD_NEXT: the next definition behind this program's own, which is the C library's.
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: -1), "fsync") else { abort() }
        return unsafeBitCast(symbol, to: Function.self)
    }()
}
