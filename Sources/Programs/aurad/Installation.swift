import AuraModel

/// Generates ids for installations and for runs of the daemon.
enum Installation {
    /// Returns an id for a new database. It is short, because every label contains it.
    static func new() -> String {
        String(boot().suffix(12))
    }

    /// Returns an id for one run of the daemon. Leases name their owner by this id.
    static func boot() -> String {
        IdentifierSource(time: SystemTime(), random: SystemRandom()).next(Daemon.self).text
    }

    private enum Daemon {}
}
