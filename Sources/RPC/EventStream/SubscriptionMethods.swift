package import AuraAPI
import AuraModel
import JSON
public import JSONRPC
public import Storage

/// `status.subscribe`, `status.unsubscribe`. These methods read only the store, and call no provider.
public struct SubscriptionMethods: Sendable {
    let store: any Ledger & InstanceStore & JobStore
    let subscriptions: Subscriptions

    public init(store: any Ledger & InstanceStore & JobStore, subscriptions: Subscriptions) {
        self.store = store
        self.subscriptions = subscriptions
    }

    public func register(in router: inout Router) {
        router.register(Methods.statusSubscribe, followsHolds: true, reads: true) { parameters, call in
            try await APIError.answering { try await self.subscribe(parameters, call) }
        }
        // The connection's events wait during the call. A later `status.subscribe` of the connection begins after this
        // call's reply.
        router.register(Methods.statusUnsubscribe, holdsEvents: true, followsHolds: true) { parameters, call in
            UnsubscribeResult(ended: await self.subscriptions.end(parameters.subscription, of: call.session))
        }
    }

    private func subscribe(_ parameters: SubscribeParameters, _ call: RPCContext) async throws -> Reply<SubscribeResult>
    {
        let filter = try await filter(parameters.filter, in: call.tenantScope, only: call.instances)
        let head = subscriptions.feed.head
        let start = parameters.from ?? .now
        guard start != .snapshot || filter.change == nil else { throw APIError.snapshotOfChange }
        let endsWhenTerminal = try parameters.until?.checked() == .terminal
        let onLag = try parameters.onLag?.checked() ?? .replay
        let cursor = try await cursor(start, epoch: parameters.epoch, head: head)
        let place = try await subscriptions.reserve(parameters.subscription, for: call.session)
        var subscription = Subscription(
            number: place.number, id: place.id, session: call.session, filter: filter, cursor: cursor)
        subscription.endsWhenTerminal = endsWhenTerminal
        subscription.remaining = parameters.maxEvents
        subscription.onLag = onLag
        subscription.beginsWithSnapshot = start == .snapshot
        let asked = subscription
        let result = SubscribeResult(
            subscription: place.id, head: head, epoch: store.epoch, instance: filter.instance)
        return Reply(result) { self.subscriptions.start(asked) }
    }

    /// Reserves the subscription `wanted`, runs the operation, and starts the subscription to the operation's job after
    /// the reply. If `wanted` is `nil`, only runs the operation.
    package func subscribing(
        _ wanted: OperationSubscription?, _ call: RPCContext, operation: () async throws -> OperationResult
    ) async throws -> Reply<OperationResult> {
        guard let wanted else { return Reply(try await operation()) }
        // The policy and the bounds are read first, because nothing may fail after the job is written.
        let onLag = try wanted.onLag?.checked() ?? .replay
        let floor = try await APIError.answering { try await store.bounds().floor }
        let place = try await subscriptions.reserve(wanted.subscription, for: call.session)
        do {
            var result = try await operation()
            var subscription = Subscription(
                number: place.number, id: place.id, session: call.session,
                filter: EventFilter(scope: call.tenantScope, job: result.job.id), cursor: floor)
            subscription.endsWhenTerminal = true
            subscription.remaining = wanted.maxEvents
            subscription.onLag = onLag
            result.subscription = SubscribeResult(
                subscription: place.id, head: subscriptions.feed.head, epoch: store.epoch, instance: result.instance.id)
            let asked = subscription
            return Reply(result) { self.subscriptions.start(asked) }
        } catch {
            subscriptions.cancel(place, of: call.session)
            throw error
        }
    }

    private func cursor(_ start: SubscriptionStart, epoch: String?, head: Int64) async throws -> Int64 {
        switch start {
        case .now, .snapshot: return head
        case .start: return try await store.bounds().floor
        case .after(let seq):
            if let epoch, epoch != store.epoch { throw APIError.otherEpoch(store.epoch, try await store.bounds()) }
            guard seq <= head else {
                throw RPCError(
                    .cursorAhead,
                    "cannot subscribe from \(seq), the newest event is \(head): is this another database?",
                    data: ["head": .integer(head)])
            }
            try await store.bounds().check(cursor: seq)
            return seq
        }
    }

    private func filter(
        _ given: FilterParameters?, in scope: TenantScope, only: Set<InstanceID>?
    ) async throws -> EventFilter {
        guard given?.instance != nil || only == nil else {
            throw RPCError(
                .forbidden, "cannot subscribe, the token is restricted to single instances: give filter.instance")
        }
        guard let given else { return EventFilter(scope: scope) }
        let wanted = given.job?.inLowerCase
        if let job = wanted, try await store.job(job, in: scope) == nil {
            throw RPCError(.jobNotFound, "no job has the id \(job.text.prefix(64)): job.list shows those that exist")
        }
        var instance: InstanceID?
        if let text = given.instance {
            instance = try await store.find(text, tenant: given.tenant, in: scope, only: only).id
        }
        return EventFilter(
            scope: scope, instance: instance, job: wanted, tenant: given.tenant, change: given.change,
            types: Set(try given.types?.map { try $0.checked() } ?? []))
    }
}
