internal import AuraModel
internal import DriverKit
public import HTTPClient
public import JSON

/// An error response, passed to the driver's closure that returns its failure.
public struct RESTRefusal: Sendable {
    public let call: RESTCall
    public let status: Int
    public let headers: HTTPHeaders
    /// The body; `nil` if it is not JSON, for example the HTML page of a gateway.
    public let body: JSONValue?
    /// The secrets of the request, which the response may quote.
    private let secrets: [Secret]

    init(_ response: HTTPResponse, to call: RESTCall, hiding secrets: [Secret]) {
        self.call = call
        self.secrets = secrets
        status = response.status
        headers = response.headers
        body = try? ForeignJSON.read(response.body)
    }

    /// The text for a body without an error message.
    public var statusText: String { "the provider answers with status \(status)" }

    /// The wait in the header `Retry-After`, at most one hour. `nil` if the header is missing or not a number.
    public var retryAfterMilliseconds: Int64? {
        headers["Retry-After"].flatMap(Int64.init).map { min(max($0, 0), 3600) * 1000 }
    }

    /// Returns a text of the response as one plain line without the request's secrets.
    public func clean(_ text: String, limitBytes: Int = 500) -> String {
        PlainText.clean(text, hiding: secrets, limitBytes: limitBytes)
    }
}
