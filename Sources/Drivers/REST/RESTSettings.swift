public import DriverKit
public import HTTPClient

/// The properties of one provider's API that ``RESTClient`` needs.
public struct RESTSettings: Sendable {
    /// The provider's name in logs: "hetzner".
    public var name: String
    /// The base URL, without a final slash.
    public var endpoint: String
    public var authentication: RESTAuthentication
    /// Headers of every call, such as the version of the API.
    public var headers: HTTPHeaders
    /// The time limit of one try.
    public var requestTimeout: Duration
    /// The limit of a response's body.
    public var responseLimitBytes: Int
    /// The maximum number of concurrent requests. Further calls wait.
    public var maximumConcurrentRequests: Int
    /// The maximum number of retries of a read.
    public var readRetries: Int
    /// The longest wait before a retry. If a longer one is needed, the call fails.
    public var longestRetryWait: Duration
    /// The codes of the failures after which a read is retried.
    public var retriedCodes: Set<String>
    /// The code of the failure which reports that the resource does not exist.
    public var missingCode: String
    /// The response header with the provider's id of the call; `nil` if there is none.
    public var correlationHeader: String?

    /// Creates settings.
    public init(
        name: String, endpoint: String, authentication: RESTAuthentication, headers: HTTPHeaders = [:],
        requestTimeout: Duration = .seconds(30),
        responseLimitBytes: Int = 8 << 20, maximumConcurrentRequests: Int = 8, readRetries: Int = 3,
        longestRetryWait: Duration = .seconds(30), retriedCodes: Set<String>, missingCode: String,
        correlationHeader: String? = nil
    ) {
        self.name = name
        self.endpoint = endpoint
        self.authentication = authentication
        self.headers = headers
        self.requestTimeout = requestTimeout
        self.responseLimitBytes = responseLimitBytes
        self.maximumConcurrentRequests = maximumConcurrentRequests
        self.readRetries = readRetries
        self.longestRetryWait = longestRetryWait
        self.retriedCodes = retriedCodes
        self.missingCode = missingCode
        self.correlationHeader = correlationHeader
    }
}

/// The authentication of every call.
public enum RESTAuthentication: Sendable {
    /// The same bearer token with each call.
    case bearer(ProviderCredential)
    /// An access token by the client credentials grant of OAuth (RFC 6749, 4.4), from a `POST` to `tokenPath`.
    ///
    /// A call fetches the token if there is none, or if it expires soon: within five minutes, or within a fifth of its
    /// lifetime if that is shorter. The token can be revoked earlier, so a call that gets status 401 is sent once more
    /// with a new token.
    case clientCredentials(tokenPath: String, id: String, secret: ProviderCredential)
}
