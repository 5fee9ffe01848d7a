internal import AuraModel
internal import DriverREST
internal import JSON

/// The content of an error response: `{"error":{"code","message","details"}}`. If the body is not readable, the status
/// replaces it.
struct HetznerErrorBody: Sendable {
    let code: String
    /// The provider's error message, with the fields or limits that the response names.
    let text: String

    init(_ refusal: RESTRefusal) {
        let byStatus = HetznerErrorClass.code(forStatus: refusal.status)
        guard let error = refusal.body?["error"], error.objectValue != nil else {
            code = byStatus
            text = refusal.statusText
            return
        }
        code = refusal.clean(error["code"]?.stringValue ?? byStatus, limitBytes: 60)
        let message = error["message"]?.stringValue ?? "status \(refusal.status)"
        let details = Self.details(error["details"])
        text = refusal.clean(details.isEmpty ? message : "\(message) (\(details))")
    }

    func failure(_ refusal: RESTRefusal) -> Failure {
        HetznerErrorClass.failure(
            code: code, status: refusal.status, text: text, effect: refusal.call.effect,
            message: "cannot \(refusal.call.what): \(text)")
    }

    /// Returns `fields[].name: messages` or `limits[].name` as text.
    private static func details(_ value: JSONValue?) -> String {
        let fields = (value?["fields"]?.arrayValue ?? []).prefix(10).compactMap { field -> String? in
            guard let name = field["name"]?.stringValue else { return nil }
            let messages = (field["messages"]?.arrayValue ?? []).compactMap(\.stringValue).prefix(5)
            return messages.isEmpty ? name : "\(name): \(messages.joined(separator: ", "))"
        }
        let limits = (value?["limits"]?.arrayValue ?? []).prefix(10).compactMap { $0["name"]?.stringValue }
        return (fields + limits).joined(separator: "; ")
    }
}
