import FeatureKit
import Glibc
import JSONRPC

/// The number of files that the process may open.
enum OpenFiles {
    /// Descriptors that are reserved for the database, children, the log, listeners, and connections that are refused.
    private static let kept = 224
    /// The smallest number of connections with which the daemon is useful.
    private static let leastConnections = 8

    /// Raises the limit to the administrator's maximum, because the default is low for the sake of programs that use
    /// `select`.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// The current limit, or `nil` if the system has none or does not report it.
    static var limit: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(exactly: limit.rlim_cur)
    }

    /// Returns the number of connections that `files` descriptors allow, at most `wanted`.
    ///
    /// A connection may need two descriptors (`DirectSocket`). The gateway has as many connections again, with one
    /// descriptor each. Throws `SettingsError` if too few connections are possible.
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

/// Keeps the process's memory, which holds tokens and keys, out of core files, out of reports of crashes, and out of the
/// reach of other processes.
enum ProcessSecrecy {
    /// Disables core files, here and in children, and `ptrace` and `/proc/PID/mem` for processes of the same account.
    ///
    /// In children, `execve` permits `ptrace` and `/proc/PID/mem` again. Root still has access. A crash ends the process
    /// at once: the Swift runtime would start a program that writes the registers and the memory at their addresses to
    /// the log, and the crashed daemon would keep its database locked meanwhile, for minutes.
    static func protect() {
        for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
        var none = rlimit()
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // `prctl` is variadic, which Swift does not import; each of its five parameters uses one register.
        typealias Control = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
        guard let symbol = dlsym(nil, "prctl") else { return }
        _ = unsafeBitCast(symbol, to: Control.self)(4, 0, 0, 0, 0)  // PR_SET_DUMPABLE
    }
}
