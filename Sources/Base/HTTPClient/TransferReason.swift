internal import CCurl
internal import Glibc

/// The cause of a failed transfer, as readable text. libcurl's own texts are capitalized, contain byte counts and often
/// name no cause.
struct TransferReason {
    /// libcurl's code (`CURLE_…`).
    let number: UInt32
    /// The request's host and port.
    let host: String
    /// The time limit for the name look-up, the connection and the TLS handshake together.
    let connectTimeout: Duration
    /// The system's error of the last connection attempt; 0 if there was none.
    let systemError: Int32
    /// True if any byte of the request was sent.
    let wasSent: Bool
    /// libcurl's own text.
    let libcurl: String

    var text: String {
        switch CURLcode(number) {
        case CURLE_COULDNT_RESOLVE_HOST: "the name of \(host) has no address, or no name server answers"
        case CURLE_COULDNT_RESOLVE_PROXY:
            "the name of the proxy has no address, or no name server answers: check outbound.proxy"
        case CURLE_COULDNT_CONNECT: "cannot connect to \(host)\(cause)"
        case CURLE_PROXY: "the proxy makes no connection to \(host): \(detail)"
        case CURLE_OPERATION_TIMEDOUT: "no connection to \(host) came about within \(connectTimeout)"
        case CURLE_PEER_FAILED_VERIFICATION:
            "the certificate of \(host) is not trusted: \(detail); if a proxy inspects connections, "
                + "set outbound.certificateAuthorityFile"
        case CURLE_SSL_CACERT_BADFILE: "cannot read the trusted certificates: \(detail)"
        case CURLE_SSL_CONNECT_ERROR: "no TLS session with \(host) came about: \(detail)"
        case CURLE_GOT_NOTHING: "\(host) closed the connection without an answer"
        case CURLE_PARTIAL_FILE: "\(host) closed the connection before its answer was complete"
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR: "the connection to \(host) broke\(cause)"
        case CURLE_URL_MALFORMAT: "the URL is malformed"
        case CURLE_UNSUPPORTED_PROTOCOL where !wasSent: "the URL must begin with http:// or https://"
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: "\(host) answers, but not with HTTP"
        case CURLE_BAD_CONTENT_ENCODING: "the answer of \(host) is coded in a way that cannot be read"
        default: "the connection to \(host) failed: \(detail)"
        }
    }

    private var cause: String {
        systemError == 0 ? "" : ": \(Self.lowercased(String(cString: strerror(systemError))))"
    }

    /// libcurl's text, for causes that only its TLS library knows.
    private var detail: String {
        let prefix = "SSL certificate problem: "
        return Self.lowercased(libcurl.hasPrefix(prefix) ? String(libcurl.dropFirst(prefix.count)) : libcurl)
    }

    /// Converts the first letter to lower case. Names such as SSL and TLS do not change.
    private static func lowercased(_ text: String) -> String {
        guard let second = text.dropFirst().first, !second.isUppercase else { return text }
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
