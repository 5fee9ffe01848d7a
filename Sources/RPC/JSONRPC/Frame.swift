/// One step of a stream that is split into messages.
public enum Frame: Sendable, Hashable {
    /// A message, as a range of the bytes that `withBytes(of:_:)` passes until the next `append(_:)`.
    case message(Range<Int>)
    /// A message over the limit, with its length as far as it is known.
    case tooLong(Int)
    /// The end of the message cannot be found, for this reason. Later input cannot be read.
    case broken(String)
    /// A WebSocket ping, with the data that its pong must carry.
    case ping(Range<Int>)
    /// The end of a WebSocket, with the close code to send.
    case hangUp(WebSocketCloseCode)
}
