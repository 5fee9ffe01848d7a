internal import AuraModel
internal import DriverKit
internal import HTTPClient
internal import JSON

/// What the service's refusals mean (`facts/tailscale.md` §7).
enum TailscaleRefusal {
    /// Its body is `{"message": …}`; the codes are ours, since the service has none.
    static func failure(_ answer: HTTPResponse, what: String) -> Failure {
        let (errorClass, code) = classify(answer.status)
        let words = message(answer.body) ?? "HTTP \(answer.status)"
        return Failure(
            errorClass, code: code, message: "cannot \(what): the tailnet says: \(words)",
            retryAfterMilliseconds: answer.status == 429 ? retryAfter(answer) : nil)
    }

    private static func classify(_ status: Int) -> (ErrorClass, String) {
        switch status {
        case 400, 422: (.permanent, "tailnetInvalidRequest")
        case 401: (.permanent, "tailnetUnauthorized")
        case 403: (.permanent, "tailnetForbidden")
        case 429: (.transient, "tailnetRateLimited")
        case 500...599: (.transient, "tailnetUnavailable")
        default: (.permanent, "tailnetRefused")
        }
    }

    private static func message(_ body: [UInt8]) -> String? {
        guard let text = (try? JSONValue(parsing: body))?["message"]?.stringValue, !text.isEmpty else { return nil }
        return PlainText.clean(text)
    }

    /// The seconds that `Retry-After` asks for, an hour at most.
    private static func retryAfter(_ answer: HTTPResponse) -> Int64? {
        answer.headers["Retry-After"].flatMap { Int64($0) }.map { min(max($0, 0), 3600) * 1000 }
    }
}
