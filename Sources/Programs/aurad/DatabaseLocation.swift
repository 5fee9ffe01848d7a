import AuraModel
import FeatureKit
import Logging
import Storage
import StoragePostgres
import StorageSQLite

/// The database of jobs and events.
enum DatabaseLocation: Sendable {
    case sqlite(path: String)
    case postgres(PostgresURL, PostgresSettings)

    /// Throws if the text is not a valid database location.
    ///
    /// `listenURL` is the PostgreSQL URL that bypasses a pooler.
    /// `preparesStatements` is false behind a pooler that gives each transaction another session.
    /// `allowsWeaker` is true if a URL may weaken TLS to a server on another machine.
    init(
        _ text: String, listenURL: String? = nil, preparesStatements: Bool = true, allowsWeaker: Bool = false
    ) throws(SettingsError) {
        if text.hasPrefix("sqlite:"), text.count > "sqlite:".count {
            let path = String(text.dropFirst("sqlite:".count))
            guard path != ":memory:", !TrustedDirectory.isDirectory(path) else {
                throw SettingsError("cannot use database = \(text): it has to be sqlite:PATH with the path of a file")
            }
            self = .sqlite(path: path)
        } else if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
            let url = try Self.read(text, "database", allowsWeaker: allowsWeaker)
            let listening = try listenURL.map { (text) throws(SettingsError) in
                try Self.read(text, "postgres.listenUrl", allowsWeaker: allowsWeaker)
            }
            self = .postgres(
                url,
                PostgresSettings(
                    url: url.connectionString, listenURL: listening?.connectionString,
                    preparesStatements: preparesStatements))
        } else {
            // The text may hold a password.
            throw SettingsError("cannot use database: it has to be sqlite:PATH or postgres://USER@HOST/DATABASE")
        }
    }

    /// Throws if the text of `--database` holds a password: every user can read it in the process list.
    static func checkFlag(_ text: String) throws(SettingsError) {
        guard !text.hasPrefix("sqlite:"), let url = try? PostgresURL(text, allowsWeaker: true), url.hasPassword else {
            return
        }
        throw SettingsError(
            "cannot take a password in --database, where every user of this machine can read it: "
                + "set AURA_DATABASE, or database in the configuration")
    }

    private static func read(_ text: String, _ key: String, allowsWeaker: Bool) throws(SettingsError) -> PostgresURL {
        do {
            return try PostgresURL(text, allowsWeaker: allowsWeaker)
        } catch {
            throw SettingsError("cannot use \(key): \(error)")
        }
    }

    /// The kind of database: `sqlite` or `postgres`.
    var kind: String {
        switch self {
        case .sqlite: "sqlite"
        case .postgres: "postgres"
        }
    }

    /// A text for messages, without a password.
    var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let url, _): url.description
        }
    }

    /// Opens or creates the database, and migrates it to the newest schema.
    func open(_ claim: DatabaseClaim, kinds: InstanceKinds, logger: Logger) async throws(StorageError) -> any Store {
        switch self {
        case .sqlite(let path): try SQLiteStore(path: path, kinds: kinds, claim: claim)
        case .postgres(_, let settings):
            try await PostgresStore.open(settings, kinds: kinds, claim: claim, logger: logger)
        }
    }
}
