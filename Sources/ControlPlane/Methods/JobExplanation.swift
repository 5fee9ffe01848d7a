import AuraAPI
import AuraModel
import DriverKit
import JSONRPC
import Storage

/// `job.explain`: from the rows why a job is where it is, and from the drivers what exists for it now.
extension ControlPlane {
    /// How long the outside world may take to answer; what did not by then is named as unseen.
    private static let lookLimit = Duration.seconds(10)

    func explain(_ id: JobID) async throws -> ExplainResult {
        let view = try await job(id).job
        let job = try await knownJob(id)
        guard let instance = try await store.instance(.id(job.instance)) else {
            throw StorageError(.corrupt, "the instance of job \(id) is missing")
        }
        let looks = await Outside(services: services).look(at: instance, atMost: Self.lookLimit, time: time)
        let words = JobWords(job: job, view: view, instance: instance, now: time.now())
        let summary = [words.state, words.next, Self.sentence(looks)].joined(separator: " ")
        return ExplainResult(
            job: view, summary: summary, next: words.next, waits: words.waits,
            resources: looks.flatMap(\.found), unseen: looks.compactMap(\.unseen))
    }

    private static func sentence(_ looks: [Look]) -> String {
        let found = looks.flatMap(\.found)
        let unseen = looks.compactMap(\.unseen)
        let exists = found.map { "\($0.kind) \($0.name) (\($0.id)\($0.state.map { ", \($0)" } ?? ""))" }
        var text =
            exists.isEmpty ? "Nothing was found for it outside." : "Outside there is \(exists.joined(separator: ", "))."
        if !unseen.isEmpty {
            text += " Not seen: \(unseen.map { "\($0.kind) (\($0.reason))" }.joined(separator: ", "))."
        }
        return text
    }
}

/// What one look outside found, or why it found nothing out.
struct Look: Sendable {
    var found: [ResourceView] = []
    var unseen: UnseenView?
}

/// Looks for what carries an instance's name.
struct Outside {
    let services: MachineServices

    /// All kinds at once; a kind that does not answer in time is unseen.
    func look(at instance: Instance, atMost limit: Duration, time: any TimeSource) async -> [Look] {
        await withTaskGroup(of: (Int, Look).self) { group in
            for (index, kind) in kinds.enumerated() {
                group.addTask { (index, await look(kind, instance, atMost: limit, time: time)) }
            }
            var looks: [(Int, Look)] = []
            for await look in group { looks.append(look) }
            return looks.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private typealias Kind = (name: String, find: @Sendable (Instance) async throws -> [ResourceView])

    private var kinds: [Kind] {
        [("server", servers), ("key", keys)] + (services.network == nil ? [] : [("device", devices)])
    }

    private func look(_ kind: Kind, _ instance: Instance, atMost limit: Duration, time: any TimeSource) async -> Look {
        do {
            return try await withThrowingTaskGroup(of: Look.self) { group in
                group.addTask { Look(found: try await kind.find(instance)) }
                group.addTask {
                    try await time.sleep(for: limit)
                    return Look(unseen: UnseenView(kind: kind.name, reason: "no answer within \(limit)"))
                }
                defer { group.cancelAll() }
                return try await group.next() ?? Look()
            }
        } catch let failure as Failure {
            return Look(unseen: UnseenView(kind: kind.name, reason: failure.message))
        } catch {
            return Look(unseen: UnseenView(kind: kind.name, reason: "the look was broken off"))
        }
    }

    private func servers(_ instance: Instance) async throws -> [ResourceView] {
        guard let found = try await services.compute.server(named: instance.outsideName) else { return [] }
        return [
            ResourceView(
                kind: "server", id: found.id, name: found.name, state: found.status.rawValue,
                ours: Labels.mark(found.labels, as: instance, of: services.installation))
        ]
    }

    private func keys(_ instance: Instance) async throws -> [ResourceView] {
        guard let found = try await services.compute.key(named: instance.outsideName) else { return [] }
        return [
            ResourceView(
                kind: "key", id: found.id, name: found.name, state: nil,
                ours: Labels.mark(found.labels, as: instance, of: services.installation))
        ]
    }

    private func devices(_ instance: Instance) async throws -> [ResourceView] {
        try await services.network?.devices(hostname: instance.outsideName).map { device in
            ResourceView(kind: "device", id: device.nodeID, name: device.name, state: nil, ours: !device.tags.isEmpty)
        } ?? []
    }
}

/// A job's position in words.
struct JobWords {
    let job: Job
    let view: JobView
    let instance: Instance
    let now: Timestamp

    var waits: WaitView? {
        if let blocker = job.blockedBy {
            return WaitView(
                for: "for job \(blocker) to let go", until: nil, seconds: nil, attempt: job.attempt, blockedBy: blocker)
        }
        guard let reason = job.waitingFor, !job.state.isTerminal else { return nil }
        return WaitView(
            for: reason, until: job.availableAt, seconds: seconds(until: job.availableAt), attempt: job.attempt,
            blockedBy: nil)
    }

    var state: String {
        let subject = "The \(job.kind.rawValue) of \(instance.name)"
        switch job.state {
        case .queued: return job.blockedBy.map { "\(subject) is queued behind job \($0)." } ?? "\(subject) is queued."
        case .running: return "\(subject) is at work\(stepName.map { " on \($0)" } ?? "")."
        case .waiting: return "\(subject) waits \(job.waitingFor ?? "for its turn")."
        case .compensating: return "\(subject) is being undone\(job.waitingFor.map { "; it waits \($0)" } ?? "")."
        case .succeeded: return "\(subject) succeeded."
        case .failed: return "\(subject) failed: \(job.failure?.message ?? "no cause was written down")."
        case .cancelled: return "\(subject) was cancelled."
        }
    }

    var next: String {
        switch job.state {
        case .queued: return "A worker takes it as soon as it is its tenant's turn."
        case .running: return "It goes on by itself; it counts as failed at \(job.deadline)."
        case .waiting where job.failure != nil, .compensating where hasFailedUndo:
            return "It is tried again in \(words(until: job.availableAt)), or at once with job.retry."
        case .waiting, .compensating: return "It goes on by itself in \(words(until: job.availableAt))."
        case .succeeded: return "Nothing is left to do."
        case .failed, .cancelled: return afterEnd
        }
    }

    private var afterEnd: String {
        if job.failure?.code == Failure.superseded.code { return "A destroy took over from it." }
        if instance.phase == .destroyed { return "Nothing is left to do: the instance is destroyed." }
        return "Nothing goes on by itself: job.retry does it again, destroy removes what there is."
    }

    private var stepName: String? {
        view.steps?.first { [.intent, .ambiguous, .undoing].contains($0.state) }?.name
    }

    private var hasFailedUndo: Bool { view.steps?.contains { $0.state == .undoFailed } ?? false }

    private func seconds(until moment: Timestamp) -> Double {
        Double(max((moment - now).wholeMilliseconds, 0)) / 1000
    }

    private func words(until moment: Timestamp) -> String { "\(seconds(until: moment)) s" }
}
