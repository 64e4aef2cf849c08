import Glibc
import SystemPackage

/// Files that must be there after a power cut: written, synced, and their directory synced.
enum DurableFile {
    /// Replaces a file in one step: after a crash there is the old text or the new one, never a part.
    static func replace(_ path: FilePath, with text: [UInt8], mode: mode_t = 0o600) throws(Errno) {
        let temporary = FilePath(path.string + ".new")
        do {
            let file = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: FilePermissions(rawValue: mode))
            try file.closeAfter {
                try file.writeAll(text)
                try sync(file)
            }
        } catch let error as Errno { throw error } catch { throw Errno.ioError }
        guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
        try syncDirectory(path.removingLastComponent())
    }

    /// Waits until what was written is on the disk.
    static func sync(_ file: FileDescriptor) throws(Errno) {
        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Waits until the names in a directory are on the disk.
    static func syncDirectory(_ path: FilePath) throws(Errno) {
        do {
            let directory = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .directory])
            try directory.closeAfter { try sync(directory) }
        } catch let error as Errno { throw error } catch { throw Errno.ioError }
    }

    /// Removes a file, for good; one that is not there is no error.
    static func remove(_ path: FilePath) throws(Errno) {
        guard unlink(path.string) == 0 else {
            if errno == ENOENT { return }
            throw Errno(rawValue: errno)
        }
        try syncDirectory(path.removingLastComponent())
    }

    /// Makes a directory and those above it, by default readable by its owner alone.
    static func makeDirectory(_ path: FilePath, mode: mode_t = 0o700) throws(Errno) {
        if access(path.string, F_OK) == 0 { return }
        let parent = path.removingLastComponent()
        if !parent.isEmpty, parent != path { try makeDirectory(parent, mode: mode) }
        guard mkdir(path.string, mode) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        if !parent.isEmpty { try syncDirectory(parent) }
    }

    /// The bytes of a file of at most `limit` bytes; nil when there is none.
    static func read(_ path: FilePath, limit: Int) throws(Errno) -> [UInt8]? {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            return try file.closeAfter {
                var bytes: [UInt8] = []
                let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 1)
                defer { chunk.deallocate() }
                while bytes.count <= limit {
                    let count = try file.read(into: chunk)
                    if count == 0 { return bytes }
                    bytes.append(contentsOf: chunk[..<count])
                }
                throw Errno.fileTooLarge
            }
        } catch Errno.noSuchFileOrDirectory { return nil } catch let error as Errno { throw error } catch {
            throw Errno.ioError
        }
    }

    /// The first bytes of a file, fewer when it is shorter.
    static func head(of path: FilePath, bytes limit: Int) throws(Errno) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            return try file.closeAfter {
                try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                    count = try file.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
                }
            }
        } catch let error as Errno { throw error } catch { throw Errno.ioError }
    }

    /// The names in a directory, sorted; empty when there is none.
    static func names(in path: FilePath) -> [String] {
        guard let directory = opendir(path.string) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
