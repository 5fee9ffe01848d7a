/// Something that carries HTTP calls: ``HTTPClient`` in the daemon, a script in tests.
public protocol HTTPTransport: Sendable {
    /// Sends the request and returns whatever the server answered, whatever its status.
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse
}
