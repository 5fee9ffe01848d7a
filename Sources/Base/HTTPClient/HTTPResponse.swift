/// The response of a server.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

extension HTTPResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The status and the length of the body. The body itself may hold a secret.
    public var description: String { "status \(status), \(body.count) bytes" }
    public var debugDescription: String { description }
    /// A mirror without children, so that reflection shows no secrets.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
