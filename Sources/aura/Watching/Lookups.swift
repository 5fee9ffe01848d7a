import Locking

/// Looks things up while a watch runs, over a connection of its own.
///
/// On the watch's connection an answer could stand behind more events than the client keeps, and the events would wait
/// for the answer.
struct Lookups: Sendable {
    /// Names that are remembered.
    static let nameLimit = 4096

    let daemon: Daemon
    private let names = Locked<[String: String]>([:])

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    /// The job with its steps, or nil where it cannot be had.
    func job(_ id: String) async -> JobAnswer? {
        await ask(.job(id), as: JobEnvelope.self)?.job
    }

    /// The instance's name; its id where the name cannot be had.
    func name(of instance: String) async -> String {
        if let known = names.withLock({ $0[instance] }) { return known }
        guard let found = await ask(.status(instance), as: InstanceAndJob.self) else { return instance }
        names.withLock { names in
            if names.count >= Self.nameLimit { names = [:] }
            names[instance] = found.instance.name
        }
        return found.instance.name
    }

    /// The instance as it is now, or nil where it cannot be had.
    func instance(_ id: String) async -> InstanceAnswer? {
        await ask(.status(id), as: InstanceAndJob.self)?.instance
    }

    private func ask<Value: Decodable>(_ call: Call, as type: Value.Type) async -> Value? {
        try? await daemon.call(call, as: type)
    }
}
