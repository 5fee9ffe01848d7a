/// A transport for HTTP calls: ``HTTPClient`` in the daemon, a scripted double in tests.
public protocol HTTPTransport: Sendable {
    /// Sends the request and returns the server's response, with any status.
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse
}
