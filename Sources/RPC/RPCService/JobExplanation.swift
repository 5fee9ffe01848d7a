import AuraAPI
import AuraModel
import JSONRPC
import Jobs
import Reconciliation
import Storage

/// `job.explain`: describes a job's state from the rows, and the resources of its instance from the providers.
extension RPCService {
    /// The time limit for the providers. A kind of resource without a reply in this time is reported as unseen.
    private static let lookLimit = Duration.seconds(10)

    func explain(_ id: JobID, in scope: TenantScope) async throws -> ExplainResult {
        let job = try await knownJob(id, in: scope)
        let view = try await view(of: job, in: scope)
        guard let instance = try await store.instance(.id(job.instance), in: scope) else {
            throw StorageError(.corrupt, "the instance of job \(id) is missing")
        }
        let looks = await ResourceLookup(sources: sources).look(at: instance, atMost: Self.lookLimit, time: time)
        let words = JobWords(
            job: job, view: view, instance: instance,
            missing: catalogue.definition(of: job) == nil ? job.definition : nil, now: time.now())
        let isKnown = sources.contains { $0.traits.instanceKind == instance.kind }
        let outside =
            isKnown
            ? Self.sentence(looks)
            : "No provider was asked: this aurad does not know the resources of instances of the kind \(instance.kind)."
        let summary = [words.state, words.next, outside].joined(separator: " ")
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

/// Describes the state of a job as text for people.
struct JobWords {
    let job: Job
    let view: JobView
    let instance: Instance
    /// The id of the job's definition if this daemon does not have that definition; otherwise `nil`.
    var missing: DefinitionID?
    let now: Timestamp

    var waits: WaitView? {
        if let blocker = job.blockedBy {
            return WaitView(
                for: "for job \(blocker) to let go", until: nil, seconds: nil, attempt: job.attempt, blockedBy: blocker)
        }
        if let missing, isFree {
            return WaitView(
                for: Self.wait(for: missing), until: nil, seconds: nil, attempt: job.attempt, blockedBy: nil)
        }
        guard let reason = job.waitingFor, !job.state.isTerminal else { return nil }
        return WaitView(
            for: reason, until: job.availableAt, seconds: seconds(until: job.availableAt), attempt: job.attempt,
            blockedBy: nil)
    }

    var state: String {
        let subject = "The \(job.kind.rawValue) of \(instance.name)"
        if let missing, isFree { return "\(subject) waits \(Self.wait(for: missing))." }
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
        if missing != nil, isFree { return "An aurad that has it goes on with it by itself: start one." }
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

    /// True if the job may wait for a daemon that has its definition: it is queued, waiting or compensating, and no
    /// other job blocks it. A daemon that runs the job has the definition.
    private var isFree: Bool { [.queued, .waiting, .compensating].contains(job.state) && job.blockedBy == nil }

    private static func wait(for missing: DefinitionID) -> String { "for an aurad that has the definition \(missing)" }

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

/// The resources that one provider call found, or the reason why the call failed.
struct Look: Sendable {
    var found: [ResourceView] = []
    var unseen: UnseenView?
}

/// Finds the resources that have an instance's name at the providers.
struct ResourceLookup {
    let sources: [any ResourceSource]

    /// Asks the sources of the instance's kind in parallel. A source without a reply within `limit` is unseen.
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
