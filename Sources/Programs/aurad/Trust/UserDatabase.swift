import Identity

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The users and groups of this machine, from the system's name service.
enum UserDatabase {
    /// The user of this process.
    static var ownUser: UInt32 { geteuid() }

    /// Returns true if this process is root or in the group, so that it can give files to the group.
    static func isOwnGroup(_ group: UInt32) -> Bool {
        guard geteuid() != 0, getegid() != group else { return true }
        let count = getgroups(0, nil)
        guard count > 0 else { return false }
        var groups = [gid_t](repeating: 0, count: Int(count))
        return groups.prefix(Int(max(0, getgroups(count, &groups)))).contains(group)
    }

    /// Finds numbers by names.
    static let lookup = UnixAccess.Rule.Lookup(user: user, group: group)

    /// The room for the texts of one entry. The members of a large group need much.
    private static let roomBytes = 1 << 20

    @Sendable private static func user(_ name: String) -> UInt32? {
        var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        var room = [CChar](repeating: 0, count: roomBytes)
        let status = getpwnam_r(name, &entry, &room, room.count, &found)
        return status == 0 && found != nil ? entry.pw_uid : nil
    }

    @Sendable private static func group(_ name: String) -> UInt32? {
        var (entry, found) = (Group(), UnsafeMutablePointer<Group>?.none)
        var room = [CChar](repeating: 0, count: roomBytes)
        let status = getgrnam_r(name, &entry, &room, room.count, &found)
        return status == 0 && found != nil ? entry.gr_gid : nil
    }

    /// `struct group` of grp.h. The function ``group(_:)`` has the same name.
    #if canImport(Glibc)
        private typealias Group = Glibc.group
    #elseif canImport(Musl)
        private typealias Group = Musl.group
    #else
        private typealias Group = Darwin.group
    #endif
}
