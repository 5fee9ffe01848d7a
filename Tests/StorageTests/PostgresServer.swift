import Foundation
import Locking
import Logging
import TestKit

@testable import StoragePostgres

/// A private PostgreSQL cluster for this test process, on a Unix socket in a temporary directory, without TCP.
///
/// A shell starts the server. When the pipe from this process closes, the shell stops the server and removes the
/// directory. So the server ends with this process, however it ends.
final class PostgresServer: Sendable {
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    private static let started = Locked<Result<PostgresServer, any Error>?>(nil)

    /// Returns the server, and starts it at the first call.
    static func shared() throws -> PostgresServer {
        try started.withLock { started in
            let server = started ?? Result { try PostgresServer() }
            started = server
            return try server.get()
        }
    }

    let directory: String
    private let holder: Process
    private let pipe: Pipe

    /// The directory of `initdb` and `postgres`: `AURA_TEST_POSTGRES_BIN`, or that of Debian's newest version.
    private static func programs() throws -> String {
        if let given = ProcessInfo.processInfo.environment["AURA_TEST_POSTGRES_BIN"] { return given }
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newest = versions.compactMap { Int($0) }.filter {
            FileManager.default.isExecutableFile(atPath: "\(root)/\($0)/bin/initdb")
        }.max()
        guard let newest else {
            throw Missing(description: "there is no PostgreSQL server to test with: run make setup, which installs it")
        }
        return "\(root)/\(newest)/bin"
    }

    private init() throws {
        let bin = try Self.programs()
        directory = "/tmp/aura-pg-\(UInt32.random(in: 1 ... .max))"
        pipe = Pipe()
        holder = Process()
        holder.executableURL = URL(filePath: "/bin/sh")
        holder.arguments = ["-c", Self.script, "postgres-holder", bin, directory]
        holder.standardInput = pipe
        let said = Pipe()
        holder.standardOutput = said
        try holder.run()
        let line = String(decoding: said.fileHandleForReading.availableData, as: UTF8.self)
        guard line.hasPrefix("ready") else {
            throw Missing(description: "the PostgreSQL server of the tests did not start: \(line)")
        }
    }

    /// PostgreSQL refuses to run as root, so root gives the directory to `postgres`.
    private static let script = """
        bin=$1; directory=$2; as=
        mkdir -p "$directory"
        if [ "$(id -u)" -eq 0 ]; then chown postgres "$directory"; as="setpriv --reuid postgres --regid postgres --clear-groups"; fi
        cd "$directory"
        $as "$bin/initdb" -D "$directory/data" -U aura -A trust --no-sync -E UTF8 >"/tmp/${directory##*/}.log" 2>&1 ||
            { tail -n 3 "/tmp/${directory##*/}.log"; exit 1; }
        $as "$bin/postgres" -D "$directory/data" -k "$directory" -c listen_addresses= -c fsync=off -c max_connections=400 \\
            -c deadlock_timeout=100ms >>"/tmp/${directory##*/}.log" 2>&1 &
        server=$!
        trap 'kill -INT $server; wait $server; rm -rf "$directory" "/tmp/${directory##*/}.log"' EXIT
        tries=0
        until "$bin/pg_isready" -q -h "$directory"; do
            tries=$((tries + 1))
            [ "$tries" -lt 300 ] && kill -0 "$server" 2>/dev/null || { tail -n 3 "/tmp/${directory##*/}.log"; exit 1; }
            sleep 0.1
        done
        echo ready
        cat >/dev/null
        """

    func url(_ database: String) -> String {
        "host=\(directory) user=aura dbname=\(database)"
    }

    /// Creates a database, unless one of this name exists.
    func make(_ database: String) throws {
        let connection = try PostgresConnection(PostgresSettings(url: url("postgres")))
        let known = try connection.run("SELECT 1 FROM pg_database WHERE datname = $1", [PostgresValue(database)])
        if known.count == 0 { try connection.script("CREATE DATABASE \(database)") }
    }

    /// The name of a place's database.
    static func database(of place: StorePlace) -> String {
        "t" + place.directory.path.filter { $0.isLetter || $0.isNumber }.lowercased().suffix(40)
    }

    /// Opens the store of a place. The same place gives the same database again.
    static func open(
        _ place: StorePlace, clock: PostgresStore.LeaseClock = .caller, preparesStatements: Bool = true
    ) async throws -> PostgresStore {
        let server = try shared()
        let name = database(of: place)
        try server.make(name)
        return try await PostgresStore.open(
            PostgresSettings(url: server.url(name), readers: 2, preparesStatements: preparesStatements),
            kinds: .test, installation: place.installation, clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
