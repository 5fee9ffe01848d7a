public import AuraAPI
internal import JSON
internal import JSONRPC

/// The events of a subscription, in order, each once, for one consumer.
///
/// It has a connection of its own and goes on behind a lost one where it stopped. At most a fixed number of events waits
/// to be taken; then it stops reading. It ends by itself, by ``close()``, and when nobody holds it any more.
public struct EventSubscription: AsyncSequence, Sendable {
    let stream: EventStream

    /// Takes one event after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: EventStream

        /// The next event; nil at the end.
        ///
        /// Throws `RPCError` where the daemon refuses to go on (`cursorExpired`), ``ClientError`` where it stays away
        /// or has sent what this client cannot read, and `CancellationError`.
        public mutating func next() async throws -> EventView? {
            guard let event = try await stream.next() else { return nil }
            return try AuraClient.read(EventView.self, from: event, of: Methods.statusSubscribe.name)
        }
    }

    /// Starts to take them.
    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: stream)
    }

    /// Why it ended by itself; nil while it has not.
    public var reason: Open<SubscriptionEndReason>? { stream.reason }

    /// The place of the last event that was taken: a later subscription goes on behind it with `from: .after(seq)`.
    public var seq: Int64? { stream.seq }

    /// The history that ``seq`` belongs to, to be given with it to a later subscription; nil if the daemon names none.
    public var epoch: String? { stream.epoch }

    /// The id of the instance that is followed, once the daemon has named it; nil if all are followed.
    public var instance: String? { stream.instance }

    /// The instances as they were when a subscription from `.snapshot` began; its events are what changed since.
    public func snapshot() async throws -> [InstanceView] {
        try await stream.snapshot().map { instance in
            try AuraClient.read(InstanceView.self, from: instance, of: Methods.statusSubscribe.name)
        }
    }

    /// Ends it.
    public func close() async {
        await stream.close()
    }
}

extension AuraClient {
    /// Follows the ledger; returns once the daemon does so, and misses nothing from then on.
    ///
    /// `until: .terminal` ends it once every job that the filter matches has ended, `maxEvents` after so many. With
    /// `from: .after(seq)` give the `epoch` of the subscription that the `seq` comes from: the daemon then refuses a
    /// `seq` of another history with `cursorExpired`.
    public func subscribe(
        filter: FilterParameters? = nil, from start: SubscriptionStart = .now, until end: SubscriptionEnd? = nil,
        maxEvents: Int64? = nil, onLag: LagPolicy? = nil, epoch: String? = nil
    ) async throws -> EventSubscription {
        let stream = events(
            SubscribeParameters(filter: filter, from: start, until: end, maxEvents: maxEvents, onLag: onLag),
            epoch: epoch)
        try await stream.begin()
        return EventSubscription(stream: stream)
    }

    /// The events as they came, first on a connection that is there; see ``EventStream``.
    package func events(
        _ parameters: SubscribeParameters, epoch: String? = nil, patience: Duration? = nil, first: Connection? = nil,
        onLoss: @escaping @Sendable (Duration?) -> Void = { _ in }
    ) -> EventStream {
        var settings = settings
        settings.patience = patience ?? settings.patience
        return EventStream(parameters, epoch: epoch, settings, first: first, onLoss: onLoss)
    }
}
