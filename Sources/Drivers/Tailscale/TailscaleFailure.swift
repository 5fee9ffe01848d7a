internal import AuraModel
internal import DriverKit
internal import DriverREST
internal import HTTPClient
internal import JSON

/// The meaning of Tailscale's error responses. They have no codes, only a status and `{"message":…,"data":[…]}`.
enum TailscaleFailure {
    /// Returns the failure for an error response.
    ///
    /// - Parameter secrets: the secrets of the request, which must not be quoted.
    static func of(_ response: HTTPResponse, what: String, effect: CallEffect, hiding secrets: [Secret]) -> Failure {
        var failure = Failure(
            errorClass(response.status, effect), code: code(response.status),
            message: "cannot \(what): \(PlainText.clean(words(response), hiding: secrets))")
        if response.status == 401 || response.status == 403 { failure.concern = .token }
        failure.retryAfterMilliseconds = response.headers["Retry-After"].flatMap(Int64.init)
            .map { min(max($0, 0), 3600) * 1000 }
        return failure
    }

    private static func errorClass(_ status: Int, _ effect: CallEffect) -> ErrorClass {
        switch status {
        case 408, 425, 429: .transient
        // Tailscale does not implement the call for a device of another tailnet.
        case 501: .permanent
        case 500...599: effect.classOfLostAnswer
        default: .permanent
        }
    }

    private static func code(_ status: Int) -> String {
        switch status {
        case 400: "badRequest"
        case 401: "unauthorized"
        case 403: "forbidden"
        case 404: "notFound"
        case 429: "rateLimited"
        case 501: "notOurs"
        case 500...599: "providerFault"
        default: "http\(status)"
        }
    }

    /// Returns the provider's error message with its details.
    private static func words(_ response: HTTPResponse) -> String {
        guard let body = try? ForeignJSON.read(response.body), let message = body["message"]?.stringValue else {
            return "the provider answers with status \(response.status)"
        }
        let details = (body["data"]?.arrayValue ?? []).prefix(5).flatMap { entry in
            (entry["errors"]?.arrayValue ?? []).prefix(5).compactMap(\.stringValue)
        }
        return details.isEmpty ? message : "\(message) (\(details.joined(separator: "; ")))"
    }
}
