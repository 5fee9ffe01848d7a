import FeatureKit
import Identity
import RPCTransport

/// The group whose members can connect to the Unix socket. What they may do there is decided by `access.unix`.
enum SocketGroup {
    private static let mode: UInt16 = 0o660

    /// Returns the permissions of the socket: those of the group `socketGroup`, or else of `aura-operators` if there is
    /// such a group and the daemon can give files to it, or else of the owner alone. Throws `SettingsError`.
    static func read(_ source: SettingsSource) throws -> SocketAccess {
        guard let name = source.text("socketGroup") else {
            let usual = UserDatabase.lookup.group(UnixAccess.operatorsGroup)
            guard let usual, UserDatabase.isOwnGroup(usual) else { return .owner }
            return SocketAccess(mode: mode, group: usual)
        }
        guard let group = UserDatabase.lookup.group(name) else {
            throw SettingsError("cannot use socketGroup = \(name): there is no such group on this machine")
        }
        guard UserDatabase.isOwnGroup(group) else {
            throw SettingsError(
                "cannot use socketGroup = \(name): aurad's user is not in the group; run usermod -a -G \(name) for it")
        }
        return SocketAccess(mode: mode, group: group)
    }
}
