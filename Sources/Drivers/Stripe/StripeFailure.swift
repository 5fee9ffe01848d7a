internal import AuraModel
internal import DriverREST
internal import JSON

/// The meaning of Stripe's error responses: `{"error":{"type":…,"code":…,"message":…,"param":…}}` (`facts/stripe.md`, 2.1).
enum StripeFailure {
    /// The codes after which a read is sent again. Stripe's own clients retry 409 and 5xx; a read may also wait for the
    /// rate limit.
    static let retriedCodes: Set<String> = ["conflict", "rateLimited", "providerFault", "providerTimeout"]

    /// Returns the failure for an error response.
    @Sendable static func of(_ refusal: RESTRefusal) -> Failure {
        let status = refusal.status
        var failure = Failure(
            errorClass(status, refusal.call.effect), code: code(refusal),
            message: "cannot \(refusal.call.what): \(refusal.clean(words(refusal)))",
            concern: status == 401 || status == 403 ? .token : nil)
        failure.retryAfterMilliseconds = refusal.retryAfterMilliseconds
        return failure
    }

    private static func errorClass(_ status: Int, _ effect: CallEffect) -> ErrorClass {
        switch status {
        case 409, 424, 429: .transient
        case 500...599: effect.classOfLostAnswer
        default: .permanent
        }
    }

    private static func code(_ refusal: RESTRefusal) -> String {
        if refusal.body?["error"]?["code"]?.stringValue == "resource_missing" { return "notFound" }
        return switch refusal.status {
        case 400: "badRequest"
        case 401: "unauthorized"
        case 402: "refused"
        case 403: "forbidden"
        case 404: "notFound"
        case 409: "conflict"
        case 429: "rateLimited"
        case 500...599: "providerFault"
        default: "http\(refusal.status)"
        }
    }

    private static func words(_ refusal: RESTRefusal) -> String {
        refusal.body?["error"]?["message"]?.stringValue ?? refusal.statusText
    }
}
