internal import CCurl

/// Sets the options of one transfer. Remembers whether libcurl accepted all of them.
struct TransferOptions {
    let easy: UnsafeMutableRawPointer
    private(set) var areTaken = true

    init(easy: UnsafeMutableRawPointer) {
        self.easy = easy
    }

    /// Sets the URL and the time limits.
    mutating func place(_ request: HTTPRequest, timeLeft: Duration) {
        set(text: CURLOPT_URL, request.url)
        set(text: CURLOPT_PROTOCOLS_STR, "http,https")
        set(long: CURLOPT_TIMEOUT_MS, Self.milliseconds(timeLeft))
        set(long: CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(min(request.connectTimeout, timeLeft)))
        // libcurl would silently send a request again if a kept connection has failed.
        set(long: CURLOPT_FRESH_CONNECT, request.method.isIdempotent ? 0 : 1)
    }

    /// Sets the options that are the same for all requests of the client.
    mutating func house(_ settings: HTTPClientSettings) {
        set(long: CURLOPT_NOSIGNAL, 1)
        set(long: CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(long: CURLOPT_FOLLOWLOCATION, 0)
        set(long: CURLOPT_TCP_KEEPALIVE, 1)
        set(long: CURLOPT_SSL_VERIFYPEER, 1)
        set(long: CURLOPT_SSL_VERIFYHOST, 2)
        set(long: CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = settings.certificateAuthorityFile { set(text: CURLOPT_CAINFO, file) }
        let proxy = settings.destinations == nil ? settings.proxy : nil
        // An empty proxy prevents libcurl from reading the environment.
        set(text: CURLOPT_PROXY, proxy ?? "")
        if proxy != nil { set(text: CURLOPT_NOPROXY, "") }
        if settings.destinations != nil { set(text: CURLOPT_PROTOCOLS_STR, "https") }
    }

    /// Sets method, headers and body. The returned list must outlive the transfer.
    mutating func content(_ request: HTTPRequest, userAgent: String) -> UnsafeMutablePointer<curl_slist>? {
        switch request.method {
        case .get where request.body == nil: set(long: CURLOPT_HTTPGET, 1)
        case .head: set(long: CURLOPT_NOBODY, 1)
        case .get, .delete:
            if let body = request.body { set(body: body) }
        case .post, .put, .patch: set(body: request.body ?? [])
        }
        if request.method != .head { set(text: CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        // libcurl adds `Expect` and `Content-Type` itself, unless the list has the name without a value.
        var lines = ["Expect:"]
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        if request.headers["User-Agent"] == nil { lines.append("User-Agent: \(userAgent)") }
        lines += request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                areTaken = false
                break
            }
            list = longer
        }
        note(aura_curl_set_list(easy, CURLOPT_HTTPHEADER, list))
        return list
    }

    /// Sets the callbacks that receive the response.
    mutating func sinks(
        context: UnsafeMutableRawPointer, body: @escaping aura_curl_sink, header: @escaping aura_curl_sink
    ) {
        note(aura_curl_set_sink(easy, CURLOPT_WRITEFUNCTION, body))
        note(aura_curl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        note(aura_curl_set_sink(easy, CURLOPT_HEADERFUNCTION, header))
        note(aura_curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
    }

    /// Sets the callback that opens each socket, and can refuse the address.
    mutating func opener(context: UnsafeMutableRawPointer, _ open: @escaping curl_opensocket_callback) {
        note(aura_curl_set_open_socket(easy, open))
        note(aura_curl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context))
    }

    mutating func set(pointer option: CURLoption, _ value: UnsafeMutableRawPointer) {
        note(aura_curl_set_pointer(easy, option, value))
    }

    private mutating func set(long option: CURLoption, _ value: Int) {
        note(aura_curl_set_long(easy, option, value))
    }

    private mutating func set(text option: CURLoption, _ value: String) {
        note(aura_curl_set_text(easy, option, value))
    }

    /// libcurl copies the bytes, so they need not outlive this call. The length must be set first.
    private mutating func set(body: [UInt8]) {
        note(aura_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        body.withUnsafeBytes { bytes in
            let start = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
            note(aura_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start))
        }
    }

    private mutating func note(_ code: CURLcode) {
        if code != CURLE_OK { areTaken = false }
    }

    /// At least 1, because 0 means "no limit" to libcurl.
    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return max(Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000), 1)
    }
}
