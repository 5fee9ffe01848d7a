import AuraModel

/// Generates ids for installations and for runs of the daemon.
enum Installation {
    /// Returns an id of 12 characters for a new database or ledger epoch. Every label contains the database's id.
    static func new() -> String {
        String(boot().suffix(12))
    }

    /// Returns an id for one run of the daemon. Leases name their owner by this id.
    static func boot() -> String {
        IdentifierSource(time: SystemTime(), random: SystemRandom()).next(Daemon.self).text
    }

    private enum Daemon {}
}
