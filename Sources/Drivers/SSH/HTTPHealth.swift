internal import AuraModel
public import DriverKit
public import HTTPClient

/// Checks an agent over plain HTTP, if the agent listens on the machine's address.
///
/// `/startupz` returns 200 when the agent has started, and 503 before. If it returns 404, `/healthz` is used instead.
/// `/readyz` includes the channels (OpenClaw's gateway, its documentation of autumn 2026).
public struct HTTPHealth: HealthDriver {
    private let http: any HTTPTransport
    private let timeout: Duration

    /// Creates a driver. `timeout` limits each request.
    public init(http: any HTTPTransport, timeout: Duration = .seconds(5)) {
        self.http = http
        self.timeout = timeout
    }

    public func probe(_ target: HealthTarget) async throws -> HealthReport {
        try await HealthVerdict.report(target) { path in
            let answer = try await get(path, target)
            return (answer.status, answer.body)
        }
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

/// The interpretation of the responses of an agent's health endpoints.
enum HealthVerdict {
    typealias Answer = (status: Int, body: [UInt8])

    /// Returns the health report. Throws `agentNotReady` (transient) if the agent has not started.
    ///
    /// - Parameter get: sends a request for one path to the agent.
    static func report(_ target: HealthTarget, get: (String) async throws -> Answer) async throws -> HealthReport {
        var answer = try await get("/startupz")
        if answer.status == 404 { answer = try await get("/healthz") }
        let text = words(answer.body)
        guard (200...299).contains(answer.status) else {
            throw Failure(
                .transient, code: "agentNotReady",
                message: "the agent on \(target.address):\(target.port) has not started: \(said(answer))")
        }
        return HealthReport(status: answer.status, body: text, channelsNotReady: await channels(get))
    }

    /// Returns the response of `/readyz` if its status is not 2xx. Returns `nil` for 404 and for a failed request,
    /// because the readiness of the channels must never fail a probe.
    private static func channels(_ get: (String) async throws -> Answer) async -> String? {
        guard let answer = try? await get("/readyz"), answer.status != 404, !(200...299).contains(answer.status) else {
            return nil
        }
        return said(answer)
    }

    private static func said(_ answer: Answer) -> String {
        let text = words(answer.body)
        return "status \(answer.status)" + (text.isEmpty ? "" : ": \(text)")
    }

    private static func words(_ body: [UInt8]) -> String {
        PlainText.clean(String(decoding: body.prefix(4096), as: UTF8.self), limitBytes: 197)
    }
}
