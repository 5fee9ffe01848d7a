/// Parameters with an idempotency key. Calls with the same key are carried out once, however often they are sent.
public protocol KeyedParameters: Encodable, Sendable {
    /// The idempotency key. If it is `nil`, the daemon carries out each call.
    var idempotencyKey: String? { get set }
}
