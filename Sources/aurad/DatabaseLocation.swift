import Logging
import Storage
import StoragePostgres
import StorageSQLite

/// Where jobs and events are kept.
enum DatabaseLocation: Sendable {
    case sqlite(path: String)
    /// libpq's URL, with whatever it says of TLS and passwords.
    case postgres(PostgresSettings)

    /// Throws where the text names no database.
    ///
    /// - Parameters:
    ///   - listenURL: where PostgreSQL is reached past a pooler.
    ///   - preparesStatements: false behind a pooler that gives each transaction another session.
    init(_ text: String, listenURL: String? = nil, preparesStatements: Bool = true) throws(SettingsError) {
        if text.hasPrefix("sqlite:"), text.count > "sqlite:".count {
            self = .sqlite(path: String(text.dropFirst("sqlite:".count)))
        } else if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
            self = .postgres(
                PostgresSettings(url: text, listenURL: listenURL, preparesStatements: preparesStatements))
        } else {
            throw SettingsError(
                "cannot use database = \(Self.hidingPassword(text)): it has to be sqlite:PATH or postgres://USER@HOST/DATABASE"
            )
        }
    }

    /// `sqlite` or `postgres`.
    var kind: String {
        switch self {
        case .sqlite: "sqlite"
        case .postgres: "postgres"
        }
    }

    /// For people: without a password.
    var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let settings): Self.hidingPassword(settings.url)
        }
    }

    /// Opens or makes the database, and brings it to the newest schema. Throws `StorageError`.
    func open(logger: Logger) async throws -> any Store {
        switch self {
        case .sqlite(let path): try SQLiteStore(path: path, installation: Installation.new())
        case .postgres(let settings):
            try await PostgresStore.open(settings, installation: Installation.new(), logger: logger)
        }
    }

    /// `postgres://user:secret@host/name` as `postgres://user@host/name`; what follows a `?` may hold one, too.
    private static func hidingPassword(_ url: String) -> String {
        let plain = url.prefix { $0 != "?" }
        guard let scheme = plain.firstRange(of: "://"), let at = plain.lastIndex(of: "@"), scheme.upperBound <= at
        else {
            return String(plain)
        }
        let user = plain[scheme.upperBound..<at].prefix { $0 != ":" }
        return "\(plain[..<scheme.upperBound])\(user)\(plain[at...])"
    }
}
