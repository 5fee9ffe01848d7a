import AuraAPI
import AuraClient
import AuraModel
import Locking

/// Requests further data during a watch, over a connection of its own.
///
/// The watch processes no events while it waits for a reply. On the watch's connection this could block for good: the
/// client stops reading when its buffer of events is full, so it never reads a reply behind those events.
struct Lookups: Sendable {
    /// The maximum number of names in the cache.
    static let nameLimit = 4096

    let client: AuraClient
    private let names = Locked<[InstanceID: String]>([:])

    init(_ client: AuraClient) {
        self.client = client
    }

    /// Returns the job with its steps, or `nil` if the call fails.
    func job(_ id: JobID) async -> JobView? {
        try? await client.jobGet(job: id).job
    }

    /// Returns the instance's name, or its id if the call fails.
    func name(of id: InstanceID) async -> String {
        if let known = names.withLock({ $0[id] }) { return known }
        guard let name = await instance(id)?.name else { return id.text }
        names.withLock { names in
            if names.count >= Self.nameLimit { names = [:] }
            names[id] = name
        }
        return name
    }

    /// Returns the instance in its current state, or `nil` if the call fails.
    func instance(_ id: InstanceID) async -> InstanceView? {
        try? await client.statusGet(instance: id.text).instance
    }
}
