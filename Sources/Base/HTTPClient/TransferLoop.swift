internal import CCurl
internal import Locking

/// The loop of the client's thread. It starts transfers, drives libcurl, and resumes callers with their results.
///
/// Only that thread accesses this object. Other threads use the mailbox.
final class TransferLoop {
    private let settings: HTTPClientSettings
    private let mailbox: Locked<Mailbox>
    private let wake: WakeSignal
    private let multi: UnsafeMutableRawPointer?
    private var waiting: [Exchange] = []
    private var active: [UnsafeMutableRawPointer: Transfer] = [:]
    private var isClosing = false

    init(settings: HTTPClientSettings, mailbox: Locked<Mailbox>, wake: WakeSignal) {
        self.settings = settings
        self.mailbox = mailbox
        self.wake = wake
        multi = curl_multi_init()
        guard let multi else { return }
        _ = aura_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.maximumActive)
        wake.attach(multi)
    }

    /// Runs until the client closes or libcurl fails.
    func run() {
        while !isClosing {
            collect()
            begin()
            var running: Int32 = 0
            if multi == nil || curl_multi_perform(multi, &running) != CURLM_OK {
                isClosing = true
            }
            deliver()
            if !isClosing { pause() }
        }
        end()
    }

    /// Reads the requests and withdrawals from the mailbox.
    private func collect() {
        let delivery = mailbox.withLock { $0.take() }
        waiting += delivery.arrivals
        for id in delivery.withdrawals { withdraw(id) }
        isClosing = isClosing || delivery.isClosing
    }

    private func withdraw(_ id: UInt64) {
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            let exchange = waiting.remove(at: index)
            fail(exchange, .cancelled, "the caller gave up", mayHaveBeenSent: false)
        } else if let transfer = active.values.first(where: { $0.exchange.id == id }) {
            fail(transfer.exchange, .cancelled, "the caller gave up", mayHaveBeenSent: transfer.wasSent)
            drop(transfer)
        }
    }

    /// Starts as many waiting transfers as the limit allows. Fails those with a deadline in the past.
    private func begin() {
        guard !isClosing, !waiting.isEmpty else { return }
        let now = ContinuousClock.now
        var left: [Exchange] = []
        for exchange in waiting {
            if exchange.deadline <= now {
                fail(exchange, .timedOut, "no place came free in time", mayHaveBeenSent: false)
            } else if active.count < settings.maximumActive {
                start(exchange, now: now)
            } else {
                left.append(exchange)
            }
        }
        waiting = left
    }

    private func start(_ exchange: Exchange, now: ContinuousClock.Instant) {
        guard let transfer = Transfer(exchange, settings: settings, timeLeft: now.duration(to: exchange.deadline)),
            curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
        else {
            return fail(exchange, .invalidRequest, "libcurl refuses the request", mayHaveBeenSent: false)
        }
        active[transfer.easy] = transfer
    }

    /// Completes every transfer that libcurl reports as done.
    private func deliver() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = active[easy]
            else { continue }
            let result = transfer.result(aura_curl_message_result(message))
            drop(transfer)
            mailbox.withLock { $0.finishOne() }
            transfer.exchange.answer(result)
        }
    }

    /// Sleeps until a socket or a timer of libcurl has an event, or another thread wakes this one.
    private func pause() {
        var events: Int32 = 0
        let milliseconds: Int32 = waiting.isEmpty ? 60_000 : 100
        if curl_multi_poll(multi, nil, 0, milliseconds, &events) != CURLM_OK { isClosing = true }
    }

    private func drop(_ transfer: Transfer) {
        curl_multi_remove_handle(multi, transfer.easy)
        active[transfer.easy] = nil
    }

    private func fail(_ exchange: Exchange, _ code: HTTPError.Code, _ reason: String, mayHaveBeenSent: Bool) {
        mailbox.withLock { $0.finishOne() }
        exchange.answer(.failure(HTTPError(code, exchange.request, reason, mayHaveBeenSent: mayHaveBeenSent)))
    }

    /// Fails the remaining requests, frees all resources and records that the thread has ended.
    private func end() {
        _ = mailbox.withLock { $0.close() }
        collect()
        for exchange in waiting { fail(exchange, .closed, "the client was shut down", mayHaveBeenSent: false) }
        for transfer in Array(active.values) {
            fail(transfer.exchange, .closed, "the client was shut down", mayHaveBeenSent: transfer.wasSent)
            drop(transfer)
        }
        wake.detach()
        if let multi { curl_multi_cleanup(multi) }
        for continuation in mailbox.withLock({ $0.closed() }) { continuation.resume() }
    }
}
