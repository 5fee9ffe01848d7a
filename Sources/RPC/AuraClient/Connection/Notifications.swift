public import JSON

/// A notification from the daemon.
public struct Notification: Sendable, Hashable {
    /// The method, such as `status.event`.
    public var method: String
    /// The parameters; JSON null if the message has none.
    public var params: JSONValue
}

/// The notifications of one connection in order, for one consumer.
///
/// The client buffers a fixed number of notifications. While the buffer is full it stops reading, so no notification is
/// lost, but later replies wait too. The sequence ends with the connection.
public struct Notifications: AsyncSequence, Sendable {
    let connection: Connection

    /// Iterates over the notifications.
    public struct Iterator: AsyncIteratorProtocol {
        let connection: Connection

        /// Returns the next notification, or `nil` at the end of the connection or when the caller's task is cancelled.
        public mutating func next() async -> Notification? {
            await connection.nextNotification()
        }
    }

    /// Creates the iterator.
    public func makeAsyncIterator() -> Iterator {
        Iterator(connection: connection)
    }
}
