internal import Glibc

/// An account of this host, as the name service switch gives it.
package struct UserAccount: Sendable, Equatable {
    /// The login name.
    package var name: String
    /// The home directory.
    package var home: String
    /// The user's ids and all groups of the user.
    package var identity: ProcessIdentity

    /// An account; see the properties.
    package init(name: String, home: String, identity: ProcessIdentity) {
        self.name = name
        self.home = home
        self.identity = identity
    }

    /// The account of a name, or of a number as systemd takes one in `User=`.
    ///
    /// - Throws: ``HostError/noSuchUser(_:)``.
    package static func named(_ name: String) throws(HostError) -> UserAccount {
        if let found = lookUp({ getpwnam_r(name, $0, $1, $2, $3) }) { return found }
        if let uid = UInt32(name) { return try withID(uid) }
        throw .noSuchUser(name)
    }

    /// The account of a uid.
    ///
    /// - Throws: ``HostError/noSuchUser(_:)``.
    package static func withID(_ uid: UInt32) throws(HostError) -> UserAccount {
        guard let found = lookUp({ getpwuid_r(uid, $0, $1, $2, $3) }) else { throw .noSuchUser("with the id \(uid)") }
        return found
    }

    private typealias Query = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func lookUp(_ query: Query) -> UserAccount? {
        var entry = passwd()
        var size = 4096
        while size <= 1 << 20 {
            let answer = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { text -> UserAccount?? in
                guard let base = text.baseAddress else { return .some(nil) }
                var found: UnsafeMutablePointer<passwd>?
                let code = query(&entry, base, size, &found)
                if code == ERANGE { return nil }
                guard code == 0, found != nil else { return .some(nil) }
                return account(of: entry)
            }
            if let answer { return answer }
            size *= 4
        }
        return nil
    }

    private static func account(of entry: passwd) -> UserAccount {
        let name = String(cString: entry.pw_name)
        var count: Int32 = 64
        var groups = [gid_t](repeating: 0, count: Int(count))
        if getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count) < 0 {
            groups = [gid_t](repeating: 0, count: Int(count))
            _ = getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count)
        }
        let supplementary = groups.prefix(Int(max(0, count))).filter { $0 != entry.pw_gid }
        return UserAccount(
            name: name, home: String(cString: entry.pw_dir),
            identity: ProcessIdentity(
                uid: entry.pw_uid, gid: entry.pw_gid, supplementaryGroups: Array(supplementary)))
    }
}
