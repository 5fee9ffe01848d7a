import Glibc

/// Prepares the process before the daemon starts.
enum ProcessStart {
    /// Ignores SIGHUP, SIGUSR1 and SIGPIPE, which end a process by default. Administrators send the first two to
    /// daemons, and the reader of the log may exit before the first line.
    static func prepare() {
        // Handlers, not SIG_IGN, because children would inherit SIG_IGN.
        for number in [SIGHUP, SIGUSR1, SIGPIPE] { signal(number) { _ in } }
    }
}
