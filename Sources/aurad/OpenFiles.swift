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

/// Keeps the process's memory, which holds tokens and keys, out of files and out of other processes' reach.
enum ProcessSecrecy {
    /// No core files, here and in children; and no `ptrace` or `/proc/PID/mem` by processes of the same account.
    ///
    /// Children get back what `execve` gives them. Root can still look.
    static func protect() {
        var none = rlimit()
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // `prctl` is variadic, which Swift does not import; its five parameters are one register each.
        typealias Control = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
        guard let symbol = dlsym(nil, "prctl") else { return }
        _ = unsafeBitCast(symbol, to: Control.self)(4, 0, 0, 0, 0)  // PR_SET_DUMPABLE
    }
}
