import HTTPTypes
public import Signatures

/// One receiver of signed requests, such as the webhooks of a payment service.
public struct SignedReceiver: Sendable {
    /// Handles a request whose signature was verified. It parses the body, and ends as a ``HTTPRoute/Handler`` does.
    public typealias Handler = @Sendable (HTTPCall, SignedMessage) async -> HTTPReply

    /// The format and the secrets of the sender's signatures.
    public var verifier: any SignatureVerifier
    /// Handles the requests.
    public var handler: Handler

    /// Creates a receiver.
    public init(verifier: any SignatureVerifier, handler: @escaping Handler) {
        self.verifier = verifier
        self.handler = handler
    }
}

extension HTTPRoute {
    /// The maximum length of a signed body, in bytes.
    public static let signedBodyLimitBytes = 256 << 10
    /// The time for a signed body.
    public static let signedBodyTime = Duration.seconds(10)

    /// Returns the route `POST PREFIX/**` for signed requests. `receivers` has a receiver for each complete path below
    /// the prefix. `now` returns the time in seconds since 1970.
    ///
    /// The signature is verified over the raw body before anything looks into it. A request to an unknown path, with a
    /// wrong signature or without one gets the same bytes with status 401, so nobody can find out which paths exist. For
    /// an unknown path the work of a verification is done too.
    public static func signed(
        prefix: String, receivers: [String: SignedReceiver], now: @escaping @Sendable () -> Int64
    ) -> HTTPRoute {
        let decoy = receivers.min { $0.key < $1.key }?.value.verifier
        return HTTPRoute(
            .post, "\(prefix)/**", bodyLimitBytes: signedBodyLimitBytes, bodyTimeLimit: signedBodyTime
        ) { call in
            let receiver = receivers[call.path]
            let message = (receiver?.verifier ?? decoy)?.message(of: call, now: now())
            guard let receiver, let message else { return refusal }
            return await receiver.handler(call, message)
        }
    }

    /// The reply to every request that is not signed.
    private static var refusal: HTTPReply {
        // RFC 9110, 15.5.2: such a reply names a scheme.
        HTTPReply(.unauthorized, headers: [.wwwAuthenticate: "Signature"])
    }
}

extension SignatureVerifier {
    /// Returns the verified message of a request, or `nil` if its signature is missing or wrong.
    fileprivate func message(of call: HTTPCall, now: Int64) -> SignedMessage? {
        try? verify(
            fields: { name in HTTPField.Name(name).map { call.headers[values: $0] } ?? [] }, body: call.body, now: now)
    }
}
