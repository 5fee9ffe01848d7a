internal import CCurl
internal import Encoding

/// The rule for requests to URLs that customers chose, such as the receivers of webhooks.
///
/// The URL must have `https`, an allowed port and no user. The address is judged where libcurl connects, for each
/// attempt and each address of the name, so a name that changes between a check and the call has no effect. The limits
/// of the time and of the response are at most those of the rule.
public struct DestinationPolicy: Sendable, Hashable {
    /// The rule for addresses.
    public var addresses: AddressPolicy
    /// The ports that a URL may name.
    public var ports: Set<Int>
    /// The longest time for a whole request.
    public var timeLimit: Duration
    /// The maximum length of a response body, in bytes.
    public var responseLimitBytes: Int

    /// Creates a rule.
    public init(
        addresses: AddressPolicy = AddressPolicy(), ports: Set<Int> = [443, 8443], timeLimit: Duration = .seconds(10),
        responseLimitBytes: Int = 16 << 10
    ) {
        self.addresses = addresses
        self.ports = ports
        self.timeLimit = timeLimit
        self.responseLimitBytes = responseLimitBytes
    }

    /// Returns the reason why no request may be sent to the URL, or `nil` if one may be. The reason contains no part of
    /// the URL except the port.
    ///
    /// A host that is an address is judged. A name is not resolved: its addresses are judged when a request connects.
    public func refusal(ofURL text: String) -> String? {
        guard text.utf8.count <= Self.urlLimitBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let url = ParsedURL(text)
        else { return "the URL is malformed" }
        guard url.scheme == "https" else { return "the URL must begin with https://" }
        guard !url.hasUser else { return "the URL holds a user name" }
        guard ports.contains(url.port) else {
            return "port \(url.port) is not allowed, use \(ports.sorted().map(String.init).joined(separator: " or "))"
        }
        guard let refusal = url.address.flatMap(addresses.refusal(of:)) else { return nil }
        return "the address of the URL is not allowed (\(refusal.rawValue))"
    }

    /// The longest URL.
    private static let urlLimitBytes = 2048

    /// Checks the URL and applies the limits to a request. Throws ``HTTPError/Code/invalidRequest``.
    func admit(_ request: inout HTTPRequest) throws(HTTPError) {
        if let reason = refusal(ofURL: request.url) { throw HTTPError(.invalidRequest, request, reason) }
        request.timeout = min(request.timeout, timeLimit)
        request.responseLimitBytes = min(request.responseLimitBytes, responseLimitBytes)
    }
}

/// The parts of a URL as libcurl reads them. A second parser could read another host than the one that libcurl connects
/// to.
private struct ParsedURL {
    let scheme: String
    let hasUser: Bool
    let port: Int
    /// The host if it is an address, in any spelling that libcurl accepts; `nil` if it is a name.
    let address: IPAddress?

    /// Returns `nil` if libcurl cannot read the URL.
    init?(_ text: String) {
        guard let url = curl_url() else { return nil }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK, let scheme = Self.part(url, CURLUPART_SCHEME),
            let port = Self.part(url, CURLUPART_PORT).flatMap({ Int($0) }), let host = Self.part(url, CURLUPART_HOST)
        else { return nil }
        self.scheme = scheme
        self.port = port
        hasUser = Self.part(url, CURLUPART_USER) != nil || Self.part(url, CURLUPART_PASSWORD) != nil
        address = IPAddress(host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host)
    }

    private static func part(_ url: OpaquePointer, _ part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
