import Glibc

/// What has to hold before the daemon begins.
enum ProcessStart {
    /// Lets SIGHUP and SIGUSR1 pass: they end a process by default, and administrators send them to daemons.
    static func prepare() {
        // Handlers, and not SIG_IGN: children do not inherit them.
        for number in [SIGHUP, SIGUSR1] { signal(number) { _ in } }
    }
}
