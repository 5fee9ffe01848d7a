internal import AuraModel
internal import DriverREST
internal import JSON

/// The meaning of Tailscale's error responses. They have no codes, only a status and `{"message":…,"data":[…]}`.
enum TailscaleFailure {
    /// Returns the failure for an error response.
    @Sendable static func of(_ refusal: RESTRefusal) -> Failure {
        let status = refusal.status
        return Failure(
            errorClass(status, refusal.call.effect), code: code(status),
            message: "cannot \(refusal.call.what): \(refusal.clean(words(refusal)))",
            concern: status == 401 || status == 403 ? .token : nil)
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
    private static func words(_ refusal: RESTRefusal) -> String {
        guard let message = refusal.body?["message"]?.stringValue else { return refusal.statusText }
        let details = (refusal.body?["data"]?.arrayValue ?? []).prefix(5).flatMap { entry in
            (entry["errors"]?.arrayValue ?? []).prefix(5).compactMap(\.stringValue)
        }
        return details.isEmpty ? message : "\(message) (\(details.joined(separator: "; ")))"
    }
}
