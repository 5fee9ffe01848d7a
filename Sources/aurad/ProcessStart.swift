import Glibc

/// What has to hold before the daemon begins.
enum ProcessStart {
    /// Lets SIGHUP, SIGUSR1 and SIGPIPE pass, which end a process by default: administrators send the first two to daemons, and the
    /// reader of the log may leave before the first line.
    static func prepare() {
        // Handlers, and not SIG_IGN: children do not inherit them.
        for number in [SIGHUP, SIGUSR1, SIGPIPE] { signal(number) { _ in } }
    }
}
