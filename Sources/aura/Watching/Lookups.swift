import Locking

/// Looks things up while a watch runs, over a connection of its own.
///
/// On the watch's connection an answer could stand behind more events than the client keeps, and the events would wait
/// for the answer.
struct Lookups: Sendable {
    /// Names that are remembered.
    static let nameLimit = 4096

    let connect: @Sendable () async throws -> Daemon
    private let daemon = Locked<Daemon?>(nil)
    private let names = Locked<[String: String]>([:])

    init(connect: @escaping @Sendable () async throws -> Daemon) {
        self.connect = connect
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

    func close() async {
        await daemon.withLock { $0 }?.close()
    }

    private func ask<Value: Decodable>(_ call: Call, as type: Value.Type) async -> Value? {
        do {
            return try await connected().call(call, as: type)
        } catch let complaint as Complaint {
            if complaint.kind != .refused { daemon.withLock { $0 = nil } }
            return nil
        } catch {
            return nil
        }
    }

    private func connected() async throws -> Daemon {
        if let daemon = daemon.withLock({ $0 }) { return daemon }
        let made = try await connect()
        daemon.withLock { $0 = made }
        return made
    }
}
