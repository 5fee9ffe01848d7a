internal import AuraModel
internal import DriverKit
internal import DriverREST
internal import HTTPClient
internal import JSON

/// The content of an error response: `{"error":{"code","message","details"}}`. If the body is not readable, the status
/// replaces it.
struct HetznerErrorBody: Sendable {
    let code: String
    /// The provider's error message, with the fields or limits that the response names.
    let text: String

    init(_ response: HTTPResponse, hiding token: Secret) {
        let byStatus = HetznerErrorClass.code(forStatus: response.status)
        guard let error = (try? ForeignJSON.read(response.body))?["error"], error.objectValue != nil else {
            code = byStatus
            text = "the provider answers with status \(response.status)"
            return
        }
        code = PlainText.clean(error["code"]?.stringValue ?? byStatus, hiding: [token], limitBytes: 60)
        let message = error["message"]?.stringValue ?? "status \(response.status)"
        let details = Self.details(error["details"])
        text = PlainText.clean(details.isEmpty ? message : "\(message) (\(details))", hiding: [token])
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
