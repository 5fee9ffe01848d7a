import FoundationEssentials
import HTTPClient
import Locking
import ServiceLifecycle

extension Stripe {
    /// An attempt that the sender makes outside the lock.
    struct Attempt: Sendable {
        let delivery: WebhookQueue.Delivery
        let url: String
        let source: WebhookMessage.Source
        let timeoutSeconds: Double
    }

    /// Returns the attempts that may start now. The caller must report the end of each with
    /// ``finish(_:status:reason:)``.
    mutating func takeAttempts() -> [Attempt] {
        var attempts: [Attempt] = []
        let limit = min(64, max(0, Int(settings.webhookConcurrency)))
        while let delivery = webhooks.take(dueAt: real, limit: limit) {
            guard let event = events[delivery.event], let endpoint = endpoints[delivery.endpoint],
                !endpoint.isDeleted, !endpoint.isDisabled
            else {
                webhooks.discard()
                continue
            }
            let time = real.timeIntervalSince1970
            let secrets = endpoint.secrets.filter { $0.expires.map { $0 > time } ?? true }
            let source = WebhookMessage.Source(
                event: event, version: endpoint.version ?? .account, secrets: secrets.map(\.text),
                faults: webhookFaults.take(event.type, &otherRandom), time: Int64(time))
            attempts.append(
                Attempt(
                    delivery: delivery, url: endpoint.url, source: source,
                    timeoutSeconds: settings.webhookTimeoutSeconds))
        }
        return attempts
    }

    /// Records the end of an attempt: its status, or the reason why there is none.
    mutating func finish(_ attempt: Attempt, status: Int?, reason: String) {
        let isDelivered = status.map { (200...299).contains($0) } ?? false
        let number = attempt.delivery.attempts
        var retry: Date?
        if !isDelivered, Double(number) < settings.webhookRetries {
            retry = real + settings.webhookRetrySeconds * settings.timeScale * Double(1 << min(number, 20))
        }
        webhooks.finish(
            attempt.delivery,
            WebhookQueue.Attempt(
                event: attempt.delivery.event, type: attempt.source.event.type, endpoint: attempt.delivery.endpoint,
                number: number + 1, isDelivered: isDelivered, result: status.map(String.init) ?? reason),
            retry: retry)
        if isDelivered, var event = events[attempt.delivery.event] {
            event.receivers.removeAll { $0 == attempt.delivery.endpoint }
            events.put(event)
        }
    }
}

/// Delivers webhooks. It takes the due attempts from the cloud, sends each without holding the cloud's lock, and
/// reports the results. The number of attempts at the same time is bounded, so a slow receiver never delays the API.
struct WebhookSender: Service {
    let cloud: Locked<Cloud>
    /// Returns the current time.
    let now: @Sendable () -> Date
    let signal: WakeSignal

    private static let tickMilliseconds = 50
    private static let responseLimitBytes = 1 << 20

    func run() async throws {
        let client = HTTPClient(
            settings: HTTPClientSettings(userAgent: "Stripe/1.0 (+https://stripe.com/docs/webhooks)"))
        await withDiscardingTaskGroup { group in
            group.addTask {
                // Deliveries become due even if no call arrives.
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(Self.tickMilliseconds))
                    signal.wake()
                }
            }
            for await _ in signal.stream.cancelOnGracefulShutdown() {
                for attempt in begin() {
                    group.addTask {
                        await send(attempt, client)
                        signal.wake()
                    }
                }
            }
            group.cancelAll()
        }
        await client.shutdown()
    }

    private func begin() -> [Stripe.Attempt] {
        let now = now()
        return cloud.withLock { cloud in
            cloud.advance(to: now)
            return cloud.stripe.takeAttempts()
        }
    }

    private func send(_ attempt: Stripe.Attempt, _ client: HTTPClient) async {
        let message = WebhookMessage(attempt.source)
        let request = HTTPRequest(
            .post, attempt.url,
            headers: [
                "Content-Type": "application/json; charset=utf-8", "Stripe-Signature": message.signature,
                "Cache-Control": "no-cache", "Accept": "*/*; q=0.5, application/xml",
            ],
            body: message.body, timeout: .seconds(max(0.1, attempt.timeoutSeconds)),
            responseLimitBytes: Self.responseLimitBytes)
        var status: Int?
        var reason = ""
        do {
            status = try await client.send(request).status
        } catch {
            reason = error.code.rawValue
        }
        let now = now()
        cloud.withLock { [status, reason] cloud in
            cloud.advance(to: now)
            cloud.stripe.finish(attempt, status: status, reason: reason)
        }
    }
}
