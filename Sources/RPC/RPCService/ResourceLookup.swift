import AuraAPI
import AuraModel
import Reconciliation

/// The resources that one provider call found, or the reason why the call failed.
struct Look: Sendable {
    var found: [ResourceView] = []
    var unseen: UnseenView?
}

/// Finds the resources that have an instance's name at the providers.
struct ResourceLookup {
    let sources: [any ResourceSource]

    /// Asks all sources in parallel. A kind without a reply within `limit` is unseen.
    func look(at instance: Instance, atMost limit: Duration, time: any TimeSource) async -> [Look] {
        let sources = sources.filter { $0.traits.instanceKind == instance.kind }
        return await withTaskGroup(of: (Int, Look).self) { group in
            for (index, source) in sources.enumerated() {
                group.addTask { (index, await look(source, instance, atMost: limit, time: time)) }
            }
            var looks: [(Int, Look)] = []
            for await look in group { looks.append(look) }
            return looks.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func look(
        _ source: any ResourceSource, _ instance: Instance, atMost limit: Duration, time: any TimeSource
    ) async -> Look {
        let kind = source.traits.kind
        do {
            return try await withThrowingTaskGroup(of: Look.self) { group in
                group.addTask {
                    let found = try await source.find(for: instance)
                    return Look(
                        found: found.map {
                            ResourceView(kind: Open(kind), id: $0.id, name: $0.name, state: $0.state, ours: $0.isOurs)
                        })
                }
                group.addTask {
                    try await time.sleep(for: limit)
                    return Look(unseen: UnseenView(kind: Open(kind), reason: "no answer within \(limit)"))
                }
                defer { group.cancelAll() }
                return try await group.next() ?? Look()
            }
        } catch let failure as Failure {
            return Look(unseen: UnseenView(kind: Open(kind), reason: failure.message))
        } catch {
            return Look(unseen: UnseenView(kind: Open(kind), reason: "the look was broken off"))
        }
    }
}
