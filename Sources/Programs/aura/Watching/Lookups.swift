import Locking

/// Requests further data during a watch, over a connection of its own.
///
/// The watch processes no events while it waits for a reply. On the watch's connection this could block for good: the
/// client stops reading when its buffer of events is full, so it never reads a reply behind those events.
struct Lookups: Sendable {
    /// The maximum number of names in the cache.
    static let nameLimit = 4096

    let daemon: Daemon
    private let names = Locked<[String: String]>([:])

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    /// Returns the job with its steps, or `nil` if the call fails.
    func job(_ id: String) async -> JobAnswer? {
        await ask(.job(id), as: JobEnvelope.self)?.job
    }

    /// Returns the instance's name, or its id if the call fails.
    func name(of instance: String) async -> String {
        if let known = names.withLock({ $0[instance] }) { return known }
        guard let found = await ask(.status(instance), as: InstanceAndJob.self) else { return instance }
        names.withLock { names in
            if names.count >= Self.nameLimit { names = [:] }
            names[instance] = found.instance.name
        }
        return found.instance.name
    }

    /// Returns the instance in its current state, or `nil` if the call fails.
    func instance(_ id: String) async -> InstanceAnswer? {
        await ask(.status(id), as: InstanceAndJob.self)?.instance
    }

    private func ask<Value: Decodable>(_ call: Call, as type: Value.Type) async -> Value? {
        try? await daemon.call(call, as: type)
    }
}
