import CPostgres
import Glibc
import Storage

/// One connection to a server, for one thread at a time.
///
/// libpq is used in non-blocking mode: this type polls the socket between libpq's calls, with a time limit on each
/// wait. libpq handles TLS, passwords and the rest of the URL.
final class PostgresConnection {
    private let handle: OpaquePointer
    private let settings: PostgresSettings
    /// The limit of each wait for the socket while a statement runs.
    private var statementTimeout: Duration
    /// The names of the statements that are prepared on this connection, by their text.
    private var prepared: [String: String] = [:]

    /// Connects. Throws ``PostgresError`` if that fails or exceeds the time limit.
    init(_ settings: PostgresSettings) throws(PostgresError) {
        self.settings = settings
        statementTimeout = settings.statementTimeout
        guard let handle = PQconnectStart(settings.url) else {
            throw PostgresError(.lost, "there is no memory for a connection")
        }
        self.handle = handle
        var wanted = PGRES_POLLING_WRITING
        while wanted != PGRES_POLLING_OK {
            if wanted == PGRES_POLLING_FAILED || PQstatus(handle) == CONNECTION_BAD { throw lost() }
            try wait(for: wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, settings.connectTimeout)
            wanted = PQconnectPoll(handle)
        }
        PQsetnonblocking(handle, 1)
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        if settings.preparesStatements { try script(Self.planning) }
    }

    /// Settings for the planner. A prepared statement keeps the plan that was best while its table was small, until
    /// the server analyses the table again. With such a plan, each commit may scan all jobs. So sequential scans are
    /// disabled; every statement of the store has an index. No statement is worth JIT compilation.
    private static let planning = "SET enable_seqscan = off; SET jit = off"

    deinit {
        PQfinish(handle)
    }

    /// The server's version as a number: 150020 is 15.20.
    var serverVersion: Int { Int(PQserverVersion(handle)) }

    /// Runs one statement and returns its rows. `$1` is the first value.
    @discardableResult
    func run(_ sql: String, _ values: [PostgresValue] = []) throws(PostgresError) -> PostgresRows {
        let name = try settings.preparesStatements ? prepare(sql) : nil
        try send(sql, name, values)
        return try result()
    }

    /// Runs the last statements of a transaction and commits, in one round trip, so that their locks are held no longer
    /// than necessary. Returns the rows of the last statement. If a statement fails, nothing is committed, and the caller
    /// must roll the transaction back.
    func runAndCommit(_ statements: [PostgresStatement]) throws(PostgresError) -> PostgresRows {
        var names: [String?] = []
        for statement in statements {
            names.append(try settings.preparesStatements ? prepare(statement.sql) : nil)
        }
        guard PQenterPipelineMode(handle) == 1 else { throw lost() }
        for (statement, name) in zip(statements, names) { try send(statement.sql, name, statement.values) }
        try send("COMMIT", nil, [])
        guard PQpipelineSync(handle) == 1 else { throw lost() }
        let answers = statements.map { _ in Result { () throws(PostgresError) in try result() } }
        let commit = Result { () throws(PostgresError) in try result() }
        let end = Result { () throws(PostgresError) in try endPipeline() }
        var rows: PostgresRows?
        for answer in answers { rows = try answer.get() }
        let committed = try commit.get()
        try end.get()
        return rows ?? committed
    }

    /// Reads the result `PGRES_PIPELINE_SYNC`, which follows the last statement's, and leaves pipeline mode.
    private func endPipeline() throws(PostgresError) {
        guard let mark = try nextResult() else { throw lost() }
        let status = PQresultStatus(mark)
        PQclear(mark)
        guard status == PGRES_PIPELINE_SYNC, PQexitPipelineMode(handle) == 1 else { throw lost() }
    }

    /// Runs `body` with `migrationTimeout` as the time limit of each statement.
    func migrating<Value>(_ body: () throws -> Value) rethrows -> Value {
        statementTimeout = settings.migrationTimeout
        defer { statementTimeout = settings.statementTimeout }
        return try body()
    }

    /// Runs one or more statements without values, as a script.
    func script(_ sql: String) throws(PostgresError) {
        guard PQsendQuery(handle, sql) == 1 else { throw lost() }
        _ = try result()
    }

    private func prepare(_ sql: String) throws(PostgresError) -> String {
        if let name = prepared[sql] { return name }
        let name = "aura\(prepared.count)"
        guard PQsendPrepare(handle, name, sql, 0, nil) == 1 else { throw lost() }
        _ = try result()
        prepared[sql] = name
        return name
    }

    /// Sends a statement: the prepared one with this name, or the text if `name` is `nil`.
    private func send(_ sql: String, _ name: String?, _ values: [PostgresValue]) throws(PostgresError) {
        let texts = values.map { value in value.text.flatMap { strdup($0) } }
        defer { for text in texts { free(text) } }
        let count = Int32(texts.count)
        let isSent = texts.map { UnsafePointer($0) }.withUnsafeBufferPointer { buffer in
            if let name { return PQsendQueryPrepared(handle, name, count, buffer.baseAddress, nil, nil, 0) }
            return PQsendQueryParams(handle, sql, count, nil, buffer.baseAddress, nil, nil, 0)
        }
        guard isSent == 1 else { throw lost() }
    }

    /// Flushes the output buffer and reads all results of one statement. Returns the last result, or throws the first
    /// error.
    private func result() throws(PostgresError) -> PostgresRows {
        var last: PostgresRows?
        var failure: PostgresError?
        while let result = try nextResult() {
            let rows = PostgresRows(result)
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: last = rows
            default: failure = failure ?? PostgresError(rows: rows, isLost: PQstatus(handle) == CONNECTION_BAD)
            }
        }
        if let failure { throw failure }
        guard let last else { throw lost() }
        return last
    }

    private func nextResult() throws(PostgresError) -> OpaquePointer? {
        while true {
            let flushed = PQflush(handle)
            if flushed < 0 { throw lost() }
            if PQisBusy(handle) == 0 { return PQgetResult(handle) }
            try wait(for: flushed == 1 ? POLLIN | POLLOUT : POLLIN, statementTimeout)
            if PQconsumeInput(handle) == 0 { throw lost() }
        }
    }

    /// Waits for notifications, at most `limit`. Returns true if one arrived.
    func listen(atMost limit: Duration) throws(PostgresError) -> Bool {
        if PQconsumeInput(handle) == 0 { throw lost() }
        if takeNotifications() { return true }
        guard try isReady(for: POLLIN, limit) else { return false }
        if PQconsumeInput(handle) == 0 { throw lost() }
        return takeNotifications()
    }

    private func takeNotifications() -> Bool {
        var any = false
        while let notification = PQnotifies(handle) {
            PQfreemem(notification)
            any = true
        }
        return any
    }

    private func wait(for events: Int32, _ limit: Duration) throws(PostgresError) {
        guard try isReady(for: events, limit) else {
            throw PostgresError(.lost, "the server did not answer within \(limit.components.seconds) s")
        }
    }

    private func isReady(for events: Int32, _ limit: Duration) throws(PostgresError) -> Bool {
        let socket = PQsocket(handle)
        guard socket >= 0 else { throw lost() }
        var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
        let end = ContinuousClock.now + limit
        while true {
            let left = max(end - ContinuousClock.now, .zero)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            let count = poll(&entry, 1, Int32(clamping: milliseconds + 1))
            if count > 0 { return true }
            if count == 0 { return false }
            if errno != EINTR { throw lost() }
        }
    }

    /// Returns an error with libpq's message about the connection. The message never contains a password.
    private func lost() -> PostgresError {
        let said = String(cString: PQerrorMessage(handle))
        return PostgresError(.lost, said.isEmpty ? "the connection was lost" : PostgresError.line(said))
    }
}
