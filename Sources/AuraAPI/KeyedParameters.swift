/// Parameters of a call that happens once for each key, however often it is sent.
public protocol KeyedParameters: Encodable, Sendable {
    /// The key; a daemon that is given none carries the call out each time.
    var idempotencyKey: String? { get set }
}
