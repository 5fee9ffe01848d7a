import AuraModel

/// Names that tell one installation, and one run of the daemon, from another.
enum Installation {
    /// For a database that is made now: short, since it stands in every label.
    static func new() -> String {
        String(boot().suffix(12))
    }

    /// For one run of the daemon: the owner of its leases.
    static func boot() -> String {
        IdentifierSource(time: SystemTime(), random: SystemRandom()).next(Daemon.self).text
    }

    private enum Daemon {}
}
