public import JSON

/// A message that the daemon sent on its own.
public struct Notification: Sendable, Hashable {
    /// Its method: "status.event".
    public var method: String
    /// Its parameters; null where it has none.
    public var params: JSONValue
}

/// The notifications of one connection, in their order, for one consumer.
///
/// At most a fixed number waits to be taken; then the client stops reading, so that nothing is lost, and replies wait
/// behind the notifications as well. The sequence ends with the connection.
public struct Notifications: AsyncSequence, Sendable {
    let connection: Connection

    /// Takes one notification after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let connection: Connection

        /// The next notification; nil at the end of the connection and when the caller's task is cancelled.
        public mutating func next() async -> Notification? {
            await connection.nextNotification()
        }
    }

    /// Starts to take them.
    public func makeAsyncIterator() -> Iterator {
        Iterator(connection: connection)
    }
}
