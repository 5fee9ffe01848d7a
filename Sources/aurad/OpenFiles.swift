import Glibc

/// How many files the process may have open.
enum OpenFiles {
    /// Asks for as many as an administrator allows: a connection takes two while there are many, and the usual limit is from a time of `select`.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
