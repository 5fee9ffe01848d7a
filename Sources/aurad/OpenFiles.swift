import Glibc
import JSONRPC

/// How many files the process may have open.
enum OpenFiles {
    /// Descriptors that are kept for the database, children, the log, listeners, and connections that are refused.
    private static let kept = 224
    /// With fewer connections the daemon is of no use.
    private static let leastConnections = 8

    /// Asks for as many as an administrator allows, since the usual limit is from a time of `select`.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// The limit now, or `nil` if the system does not say or has none.
    static var limit: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(exactly: limit.rlim_cur)
    }

    /// The connections that fit `files` descriptors, at most `wanted`.
    ///
    /// A connection may take two descriptors (``DirectSocket``); the gateway has as many connections again, which take one each.
    /// Throws ``SettingsError`` if too few fit.
    static func connections(_ wanted: Int, files: Int, hasGateway: Bool) throws -> Int {
        let fit = (files - kept) / (hasGateway ? 3 : 2)
        guard fit >= min(wanted, leastConnections) else {
            throw SettingsError(
                "cannot serve with \(files) open files (RLIMIT_NOFILE), allow at least 512: LimitNOFILE= in the unit, or ulimit -n"
            )
        }
        return min(wanted, fit)
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
