internal import AuraModel
public import DriverKit
public import HTTPClient

/// Looks at an agent over plain HTTP, where it listens on the machine's address.
///
/// `/readyz` answers 200 once channels, plugins and hooks have settled, and 503 before; an agent that has no such path
/// (404) is asked for `/healthz` instead (OpenClaw's gateway, facts of autumn 2026).
public struct HTTPHealth: HealthDriver {
    private let http: any HTTPTransport
    private let timeout: Duration

    public init(http: any HTTPTransport, timeout: Duration = .seconds(5)) {
        self.http = http
        self.timeout = timeout
    }

    public func probe(_ target: HealthTarget) async throws -> HealthReport {
        var answer = try await get("/readyz", target)
        if answer.status == 404 { answer = try await get("/healthz", target) }
        return try HealthVerdict.report(status: answer.status, body: answer.body, target)
    }

    private func get(_ path: String, _ target: HealthTarget) async throws(Failure) -> HTTPResponse {
        let host = target.address.contains(":") ? "[\(target.address)]" : target.address
        let request = HTTPRequest(
            .get, "http://\(host):\(target.port)\(path)", timeout: timeout, connectTimeout: timeout,
            responseLimitBytes: 64 << 10)
        do {
            return try await http.send(request)
        } catch {
            let code = error.code == .cancelled ? "cancelled" : "agentUnreachable"
            throw Failure(error.code == .invalidRequest ? .permanent : .transient, code: code, message: error.message)
        }
    }
}

/// What an answer of a readiness endpoint means.
enum HealthVerdict {
    static func report(status: Int, body: [UInt8], _ target: HealthTarget) throws(Failure) -> HealthReport {
        let text = PlainText.clean(String(decoding: body.prefix(4096), as: UTF8.self), limitBytes: 197)
        guard (200...299).contains(status) else {
            let said = text.isEmpty ? "" : ": \(text)"
            throw Failure(
                .transient, code: "agentNotReady",
                message: "the agent on \(target.address):\(target.port) is not ready: status \(status)\(said)")
        }
        return HealthReport(status: status, body: text)
    }
}
