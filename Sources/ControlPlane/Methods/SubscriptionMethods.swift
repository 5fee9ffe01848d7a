import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Storage

/// `status.subscribe`, `status.unsubscribe`.
extension ControlPlane {
    func registerSubscriptions(in router: inout Router) {
        router.register(Methods.statusSubscribe, followsHolds: true) { parameters, call in
            try await self.answering { try await self.subscribe(parameters, call) }
        }
        router.registerImmediate(Methods.statusUnsubscribe) { parameters, call in
            UnsubscribeResult(ended: self.subscriptions.end(parameters.subscription, of: call.session))
        }
    }

    private func subscribe(_ parameters: SubscribeParameters, _ call: Call) async throws -> Reply<SubscribeResult> {
        let filter = try await filter(parameters.filter)
        let head = subscriptions.feed.head
        let cursor = try await cursor(parameters.from ?? .now, head: head)
        let id = try subscriptions.reserve(parameters.subscription, for: call.session)
        var subscription = Subscription(id: id, session: call.session, filter: filter, cursor: cursor)
        subscription.endsWhenTerminal = parameters.until == .terminal
        subscription.remaining = parameters.maxEvents
        subscription.onLag = parameters.onLag ?? .replay
        let asked = subscription
        return Reply(SubscribeResult(subscription: id, head: head)) { self.subscriptions.start(asked) }
    }

    private func cursor(_ start: SubscriptionStart, head: Int64) async throws -> Int64 {
        switch start {
        case .now: return head
        case .start: return try await store.bounds().floor
        case .after(let seq):
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

    private func filter(_ given: FilterParameters?) async throws -> EventFilter {
        guard let given else { return EventFilter() }
        if let job = given.job, try await store.job(job) == nil {
            throw RPCError(.jobNotFound, "no job has the id \(job.text.prefix(64)): job.list shows those that exist")
        }
        var instance: InstanceID?
        if let text = given.instance { instance = try await self.instance(text, tenant: given.tenant).id }
        return EventFilter(
            instance: instance, job: given.job, tenant: given.tenant, change: given.change,
            types: Set(given.types ?? []))
    }
}
