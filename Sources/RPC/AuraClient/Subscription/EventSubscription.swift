public import AuraAPI
internal import JSON
internal import JSONRPC

/// The events of a subscription in order, each once, for one consumer.
///
/// It has its own connection. After a lost connection it continues after the last event. It buffers a fixed number of
/// events and stops reading while the buffer is full. It ends when the daemon ends it, by ``close()``, with its client,
/// or when its last reference is released.
public struct EventSubscription: AsyncSequence, Sendable {
    let stream: EventStream

    /// Iterates over the events.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: EventStream

        /// Returns the next event, or `nil` at the end.
        ///
        /// Throws `RPCError` if the daemon refuses to continue (`cursorExpired`). Throws ``ClientError`` if the retry
        /// budget is used up, or if the daemon has sent a message that this client cannot read. Throws
        /// `CancellationError` if the task is cancelled.
        public mutating func next() async throws -> EventView? {
            guard let event = try await stream.next() else { return nil }
            return try AuraClient.read(event, of: Methods.statusSubscribe.name)
        }
    }

    /// Creates the iterator.
    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: stream)
    }

    /// The daemon's reason for the end; `nil` while the subscription has not ended.
    public var reason: Open<SubscriptionEndReason>? { stream.reason }

    /// The `seq` up to which this subscription knows the ledger. A later subscription continues after it with
    /// `from: .after(seq)`.
    public var seq: Int64? { stream.seq }

    /// The ledger epoch of ``seq``; pass both to a later subscription. It is `nil` if the daemon names no epoch.
    public var epoch: String? { stream.epoch }

    /// The id of the instance that is followed, once the daemon has named it; `nil` if the filter has no instance.
    public var instance: String? { stream.instance }

    /// Returns the instances as they were when a subscription from `.snapshot` began. Its events are the later changes.
    public func snapshot() async throws -> [InstanceView] {
        try await stream.snapshot().map { instance in
            try AuraClient.read(Received<InstanceView>(instance), of: Methods.statusSubscribe.name)
        }
    }

    /// Closes the subscription.
    public func close() async {
        await stream.close()
    }
}

extension AuraClient {
    /// Subscribes to the ledger and returns when the daemon has accepted the subscription. From then on no event is
    /// missed.
    ///
    /// `until: .terminal` ends the subscription when every job that the filter matches has ended. `maxEvents` ends it
    /// after that many events. With `from: .after(seq)`, pass the `epoch` of the subscription that the `seq` comes
    /// from: the daemon then refuses a `seq` of another ledger epoch with `cursorExpired`.
    public func subscribe(
        filter: FilterParameters? = nil, from start: SubscriptionStart = .now, until end: Open<SubscriptionEnd>? = nil,
        maxEvents: Int64? = nil, onLag: Open<LagPolicy>? = nil, epoch: String? = nil
    ) async throws -> EventSubscription {
        let stream = events(
            SubscribeParameters(filter: filter, from: start, until: end, maxEvents: maxEvents, onLag: onLag),
            epoch: epoch)
        try await stream.begin()
        return EventSubscription(stream: stream)
    }

    /// Returns the events as the daemon sends them; see ``EventStream``. The first subscription uses the connection
    /// `first` if it is not `nil`.
    package func events(
        _ parameters: SubscribeParameters, epoch: String? = nil, retryBudget: Duration? = nil, first: Connection? = nil,
        onLoss: @escaping @Sendable (Duration?) -> Void = { _ in }
    ) -> EventStream {
        var settings = settings
        settings.retryBudget = retryBudget ?? settings.retryBudget
        return EventStream(parameters, epoch: epoch, settings, first: first, onLoss: onLoss)
    }
}
