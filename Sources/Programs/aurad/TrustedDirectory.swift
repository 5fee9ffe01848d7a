import FeatureKit
import FoundationEssentials
import Glibc

// The compiler attributes the members of `stat` to one of the modules whose headers include it. The order in which it
// loads the modules decides which one.
#if canImport(CDispatch)
    import CDispatch
#endif

/// Checks the directories that aurad keeps files in, or reads its configuration from.
enum TrustedDirectory {
    /// True if the path names a directory, so that it cannot name one of aurad's files.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return path.hasSuffix("/") || stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The use of a directory, as errors name it.
    enum Purpose: String {
        case state = "stateDirectory"
        case credentials = "credentialsDirectory"
        case socket = "the socket's directory"
        case database = "the database's directory"
        case configuration = "the configuration's directory"
    }

    /// Sets the umask to 0077, so that only aurad's user can read or write new files. Call this before the process
    /// creates a file.
    static func closeUmask() {
        umask(0o077)
    }

    /// Throws `SettingsError` if the directory belongs to a user other than aurad's or root, or if its group or
    /// others may write to it. Such a user could replace keys, the socket or the database. A missing directory passes.
    static func check(_ path: String, _ purpose: Purpose) throws(SettingsError) {
        var status = stat()
        guard stat(path.isEmpty ? "." : path, &status) == 0 else {
            if errno == ENOENT { return }
            throw SettingsError(
                "cannot use \(path), \(purpose.rawValue): \(String(cString: strerror(errno))); "
                    + "check that it is a directory that aurad may use")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SettingsError("cannot use \(path), \(purpose.rawValue): it is no directory")
        }
        if let fault = fault(owner: status.st_uid, mode: status.st_mode, user: geteuid()) {
            throw SettingsError("cannot trust \(path), \(purpose.rawValue): \(fault) \(path)")
        }
    }

    /// Returns the reason why a directory is not trusted, followed by the command that corrects it without the path;
    /// `nil` if the directory is trusted.
    static func fault(owner: uid_t, mode: mode_t, user: uid_t) -> String? {
        if owner != user, owner != 0 {
            return "it belongs to the user \(owner); make it aurad's own: chown \(user)"
        }
        return mode & 0o022 == 0 ? nil : "others may write to it; run chmod go-w"
    }

    /// Returns the directory part of a file's path.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension Settings {
    /// Checks every directory that exists already. Throws `SettingsError`.
    func checkDirectories() throws(SettingsError) {
        try persistence.checkDirectories()
        try TrustedDirectory.check(TrustedDirectory.parent(of: wire.socket), .socket)
    }
}

extension Settings.Persistence {
    /// Checks every directory that exists already. Throws `SettingsError`.
    func checkDirectories() throws(SettingsError) {
        try TrustedDirectory.check(stateDirectory, .state)
        try TrustedDirectory.check(credentialsDirectory, .credentials)
        switch database {
        case .sqlite(let path): try TrustedDirectory.check(TrustedDirectory.parent(of: path), .database)
        case .postgres: break
        }
    }
}
