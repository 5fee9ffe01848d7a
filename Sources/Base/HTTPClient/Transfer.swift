internal import CCurl
internal import Encoding
internal import Glibc

/// One request in libcurl. Only the client's thread accesses it.
final class Transfer {
    let exchange: Exchange
    let easy: UnsafeMutableRawPointer
    private var answer = AnswerBuffer()
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let reason: UnsafeMutablePointer<CChar>
    /// The rule for the addresses that this transfer may connect to; `nil` if there is none.
    private let addresses: AddressPolicy?
    /// The reason of the last refused address.
    private var refusal: AddressPolicy.Refusal?
    /// True if a socket was opened for an address that the rule allows.
    private var wasAllowed = false

    /// Creates the libcurl handle of a request. Returns `nil` if libcurl has no memory or refuses an option.
    init?(_ exchange: Exchange, settings: HTTPClientSettings, timeLeft: Duration) {
        guard let easy = curl_easy_init() else { return nil }
        self.exchange = exchange
        self.easy = easy
        reason = .allocate(capacity: Int(CURL_ERROR_SIZE))
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        addresses = settings.destinations?.addresses
        answer.limitBytes = exchange.request.responseLimitBytes
        var options = TransferOptions(easy: easy)
        options.place(exchange.request, timeLeft: timeLeft)
        options.house(settings)
        headerList = options.content(exchange.request, userAgent: settings.userAgent)
        options.set(pointer: CURLOPT_ERRORBUFFER, reason)
        options.sinks(context: Unmanaged.passUnretained(self).toOpaque(), body: Self.takeBody, header: Self.takeHeader)
        if addresses != nil {
            options.opener(context: Unmanaged.passUnretained(self).toOpaque(), Self.openSocket)
        }
        guard options.areTaken else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        reason.deallocate()
    }

    /// True if any byte of the request was sent.
    var wasSent: Bool {
        long(CURLINFO_REQUEST_SIZE) > 0
    }

    /// Returns the outcome of the transfer for libcurl's code.
    func result(_ code: CURLcode) -> Result<HTTPResponse, HTTPError> {
        if code == CURLE_OK {
            let status = long(CURLINFO_RESPONSE_CODE)
            return .success(HTTPResponse(status: status, headers: answer.headers, body: answer.body))
        }
        if let refusal, !wasAllowed, !wasSent {
            let host = exchange.request.host
            return .failure(
                HTTPError(
                    .addressRefused, exchange.request, "no address of \(host) is allowed (\(refusal.rawValue))"))
        }
        let verdict = TransferVerdict(code, wasSent: wasSent, isTooLarge: answer.isTooLarge)
        let text = reason[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: reason)
        let cause = TransferReason(
            number: code.rawValue, host: exchange.request.host, connectTimeout: exchange.request.connectTimeout,
            systemError: Int32(truncatingIfNeeded: long(CURLINFO_OS_ERRNO)), wasSent: wasSent, libcurl: text)
        let error = HTTPError(
            verdict.code, exchange.request, verdict.reason(cause, exchange.request),
            mayHaveBeenSent: verdict.mayHaveBeenSent)
        return .failure(error)
    }

    /// Opens the socket for one attempt to connect, or refuses the address. libcurl then tries the next address of the
    /// name. The address comes from the look-up of this attempt, so a later change of the name has no effect on it.
    private static let openSocket: curl_opensocket_callback = { context, purpose, address in
        guard let context, let address, purpose == CURLSOCKTYPE_IPCXN else { return CURL_SOCKET_BAD }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        if let addresses = transfer.addresses {
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = Int(aura_curl_address(address, &bytes))
            let target = IPAddress(bytes: Array(bytes.prefix(count)))
            if let refusal = target.map(addresses.refusal(of:)) ?? .reserved {
                transfer.refusal = refusal
                return CURL_SOCKET_BAD
            }
        }
        transfer.wasAllowed = true
        let (family, kind) = (address.pointee.family, address.pointee.socktype)
        return socket(family, kind | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
    }

    private func long(_ information: CURLINFO) -> Int {
        var value = 0
        return aura_curl_get_long(easy, information, &value) == CURLE_OK ? value : 0
    }

    private static let takeBody: aura_curl_sink = { bytes, size, count, context in
        accept(bytes, size &* count, context) { $0.appendBody($1) }
    }

    private static let takeHeader: aura_curl_sink = { bytes, size, count, context in
        accept(bytes, size &* count, context) { $0.appendHeader($1) }
    }

    /// Returns the number of accepted bytes. libcurl ends the transfer if it is less than all of them.
    private static func accept(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
        _ take: (inout AnswerBuffer, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return take(&transfer.answer, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
    }
}
