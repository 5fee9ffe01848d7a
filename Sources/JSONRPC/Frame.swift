/// One step of a stream that is cut into messages.
public enum Frame: Sendable, Hashable {
    /// A message: the range within the bytes that `withBytes(of:_:)` shows until the next `append(_:)`.
    case message(Range<Int>)
    /// A message over the limit, with its length as far as it is known.
    case tooLong(Int)
    /// What came says no more where a message ends, for this reason: nothing after it can be read.
    case broken(String)
    /// A WebSocket's ping, with what its pong is to carry.
    case ping(Range<Int>)
    /// The end of a WebSocket, with the code that is to be said.
    case hangUp(WebSocketCloseCode)
}
