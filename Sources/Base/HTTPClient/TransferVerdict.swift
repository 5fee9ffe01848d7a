internal import CCurl

/// The meaning of a failed transfer for its caller, from libcurl's code and the known progress.
struct TransferVerdict: Equatable {
    let code: HTTPError.Code
    let mayHaveBeenSent: Bool

    init(_ code: CURLcode, wasSent: Bool, isTooLarge: Bool) {
        self.code = isTooLarge ? .tooLarge : Self.meaning(code, wasSent: wasSent)
        mayHaveBeenSent = wasSent
    }

    private static func meaning(_ code: CURLcode, wasSent: Bool) -> HTTPError.Code {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY:
            .notSent
        // The connect timeout gives this code as well. In that case no byte was sent.
        case CURLE_OPERATION_TIMEDOUT:
            wasSent ? .timedOut : .notSent
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            wasSent ? .connectionLost : .tls
        case CURLE_URL_MALFORMAT:
            .invalidRequest
        // HTTP/0.9 and other protocols give this code. If no byte was sent, the cause is the scheme of the URL.
        case CURLE_UNSUPPORTED_PROTOCOL:
            wasSent ? .invalidResponse : .invalidRequest
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            .invalidResponse
        default:
            wasSent ? .connectionLost : .notSent
        }
    }

    /// Returns the text of the error: the exceeded limit of `request`, or else the cause in `transfer`.
    func reason(_ transfer: TransferReason, _ request: HTTPRequest) -> String {
        switch code {
        case .timedOut: "no complete answer within \(request.timeout)"
        case .tooLarge: "the answer is longer than \(request.responseLimitBytes) bytes"
        case .invalidRequest, .overloaded, .closed, .notSent, .addressRefused, .tls, .connectionLost,
            .invalidResponse, .cancelled:
            transfer.text
        }
    }
}
