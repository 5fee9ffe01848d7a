internal import CCurl
internal import Locking

/// HTTP/1.1 calls over libcurl's multi interface, with one thread of its own.
///
/// Connections are kept and reused, except that a `POST` or `PATCH` always gets a new one. libcurl repeats a request by
/// itself when a kept connection proves to be closed. Such a repetition could execute the request twice, because the
/// server may have executed the request before it closed the connection.
///
/// Certificates are verified, redirects are not followed, and responses are not decompressed.
///
/// Lifecycle: the thread runs from `init` to ``shutdown()``, or until the last reference is released. From then on all
/// calls fail with ``HTTPError/Code/closed``, including calls in progress.
public final class HTTPClient: HTTPTransport {
    private let destinations: DestinationPolicy?
    private let mailbox: Locked<Mailbox>
    private let wake: WakeSignal

    /// Starts the client's thread. If the system cannot create it, all calls fail with ``HTTPError/Code/closed``.
    public init(settings: HTTPClientSettings = HTTPClientSettings()) {
        _ = Self.library
        destinations = settings.destinations
        let mailbox = Locked(Mailbox(capacity: settings.maximumActive + settings.maximumQueued))
        let wake = WakeSignal()
        self.mailbox = mailbox
        self.wake = wake
        let isRunning = DedicatedThread.start {
            TransferLoop(settings: settings, mailbox: mailbox, wake: wake).run()
        }
        if !isRunning {
            mailbox.withLock { $0.abandon() }
        }
    }

    deinit {
        if mailbox.withLock({ $0.close() }) { wake.send() }
    }

    /// Sends the request and returns the server's response, with any status.
    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try request.check()
        var request = request
        try destinations?.admit(&request)
        let admitted = request
        let id = mailbox.withLock { $0.nextID() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(
                    Exchange(
                        id: id, request: admitted, deadline: .now + admitted.timeout, continuation: continuation))
            }
        } onCancel: {
            if admitted.cancellation == .abort { withdraw(id) }
        }
        return try result.get()
    }

    /// Fails all requests in progress, and returns when the thread has ended. It may be called again.
    public func shutdown() async {
        if mailbox.withLock({ $0.close() }) { wake.send() }
        await withCheckedContinuation { continuation in
            if !mailbox.withLock({ $0.awaitClosed(continuation) }) { continuation.resume() }
        }
    }

    private func submit(_ exchange: Exchange) {
        switch mailbox.withLock({ $0.submit(exchange) }) {
        case .taken: break
        case .wake: wake.send()
        case .refused(let code):
            let reason =
                code == .overloaded ? "too many requests wait already; try again later" : "the client was shut down"
            return exchange.answer(.failure(HTTPError(code, exchange.request, reason)))
        }
        // If the task was cancelled before the request was submitted, the withdrawal of `onCancel` may have come too
        // early.
        if Task.isCancelled, exchange.request.cancellation == .abort { withdraw(exchange.id) }
    }

    private func withdraw(_ id: UInt64) {
        if mailbox.withLock({ $0.withdraw(id) }) { wake.send() }
    }

    /// libcurl must be initialised once per process, before any thread uses it.
    private static let library: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
}
