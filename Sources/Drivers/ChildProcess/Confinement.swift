internal import CLandlock
internal import Glibc

/// The files that a child may use. The kernel refuses all others (Landlock), also to the child's own children, and also
/// if they run as root.
///
/// The daemon's launcher restricts itself and then becomes the child: `LAUNCHER confine --read PATH … --write PATH … --
/// PROGRAM ARGUMENT …`. If it is root, it also gives up the capabilities with which root could leave the confinement.
/// From kernel 6.12 on, a confined child cannot send signals to processes outside. Landlock does not restrict
/// connections to Unix sockets that have a path.
public struct Confinement: Sendable, Hashable {
    /// The subcommand of the launcher.
    public static let subcommand = "confine"

    /// The path of the program that restricts itself.
    public var launcher: String
    /// Files and directories that the child may read and execute, besides those of the system.
    public var readable: [String]
    /// Files and directories in which the child may do everything.
    public var writable: [String]

    /// Creates a confinement.
    public init(launcher: String, readable: [String] = [], writable: [String] = []) {
        self.launcher = launcher
        self.readable = readable
        self.writable = writable
    }

    /// True if this machine's kernel can confine children.
    public static var isSupported: Bool { aura_landlock_version() > 0 }

    /// The arguments of the launcher before the program's path.
    var arguments: [String] {
        [Self.subcommand] + readable.flatMap { ["--read", $0] } + writable.flatMap { ["--write", $0] } + ["--"]
    }

    /// Restricts the calling thread and becomes a program, in the calling process. Returns only if that is impossible;
    /// the result is the reason.
    ///
    /// Paths that do not exist are ignored. The caller must not hand over to another thread in between.
    public static func become(_ command: [String], readable: [String], writable: [String]) -> ChildError {
        guard let program = command.first else {
            return ChildError(.missing, message: "cannot run a confined program: none is given")
        }
        let version = aura_landlock_version()
        let rules = version > 0 ? aura_landlock_create(version) : -1
        guard rules >= 0 else { return PrivateFile.failure("confine", program) }
        let all = aura_landlock_writing(version)
        let grants =
            (readable + Self.systemReadable).map { ($0, aura_landlock_reading()) }
            + (writable + Self.systemWritable).map { ($0, all) }
        for (path, rights) in grants where aura_landlock_allow(rules, path, rights) < 0 {
            return PrivateFile.failure("confine \(program) to", path)
        }
        aura_drop_capabilities()
        guard aura_landlock_restrict(rules) == 0 else { return PrivateFile.failure("confine", program) }
        // Threads of libdispatch block all signals, and a program inherits the mask.
        var signals = sigset_t()
        sigemptyset(&signals)
        pthread_sigmask(SIG_SETMASK, &signals, nil)
        var arguments = command.map { strdup($0) } + [nil]
        execv(program, &arguments)
        return PrivateFile.failure("run", program)
    }
}

// MARK: - The system's files

extension Confinement {
    /// Programs, libraries, and the configuration that ssh, Python and the C library read. Other files of `/etc` can be
    /// secrets, so the list has single files.
    private static let systemReadable =
        ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/proc", "/sys/devices/system/cpu"]
        + ["random", "urandom", "zero"].map { "/dev/\($0)" }
        + [
            "alternatives", "ca-certificates.conf", "crypto-policies", "debian_version", "gai.conf", "group",
            "host.conf", "hostname", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ld.so.preload",
            "locale.alias", "localtime", "lsb-release", "mime.types", "nsswitch.conf", "os-release", "passwd",
            "pki/ca-trust", "pki/tls/certs", "pki/tls/openssl.cnf", "protocols", "python3", "python3.11", "python3.12",
            "python3.13", "redhat-release", "resolv.conf", "services", "ssh/ssh_config", "ssh/ssh_config.d",
            "ssl/certs", "ssl/openssl.cnf", "timezone",
        ].map { "/etc/\($0)" }

    /// Devices without contents, terminals, and the shared memory in which Python keeps its semaphores.
    private static let systemWritable = ["null", "full", "tty", "ptmx", "pts", "shm"].map { "/dev/\($0)" }
}
