internal import Glibc

/// What the kernel says about a path.
package struct DirectoryFacts: Sendable, Equatable {
    /// Whether it is a directory.
    package var isDirectory: Bool
    /// The device and inode: two paths with the same pair are one directory.
    package var identity: FileIdentity
    /// Who owns it.
    package var ownerUID: UInt32
    /// The group that owns it.
    package var ownerGID: UInt32
    /// The permission bits, as chmod(2) takes them.
    package var mode: UInt32
    /// Bytes that an ordinary user may still write on its file system.
    package var freeBytes: UInt64
    /// Whether its mount is read-only, as ProtectSystem= makes it for a unit (statvfs(3), ST_RDONLY).
    package var isReadOnlyMount: Bool

    /// Whether anybody but the owner may write to it.
    package var isWritableByOthers: Bool { mode & 0o022 != 0 }

    /// Looks at a path, through symbolic links.
    ///
    /// - Returns: nil when there is nothing at the path.
    /// - Throws: ``HostError/unreadable(path:reason:)``.
    package static func of(_ path: String) throws(HostError) -> DirectoryFacts? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unreadable(path: path, reason: SystemText.ofErrno())
        }
        var volume = statvfs()
        guard statvfs(path, &volume) == 0 else { throw .unreadable(path: path, reason: SystemText.ofErrno()) }
        return DirectoryFacts(
            isDirectory: status.st_mode & S_IFMT == S_IFDIR,
            identity: FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)),
            ownerUID: status.st_uid, ownerGID: status.st_gid, mode: status.st_mode & 0o7777,
            freeBytes: UInt64(volume.f_bavail).multipliedReportingOverflow(by: UInt64(volume.f_frsize)).partialValue,
            isReadOnlyMount: volume.f_flag & UInt(ST_RDONLY) != 0)
    }
}

/// A file or directory, whatever path leads there.
package struct FileIdentity: Sendable, Hashable, CustomStringConvertible {
    /// The device, as stat(2) gives it.
    package var device: UInt64
    /// The inode number on the device.
    package var inode: UInt64

    /// An identity; see the properties.
    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    /// `<device>-<inode>` in decimal: the name of the path's lock file.
    package var description: String { "\(device)-\(inode)" }
}
