import AuraAPI
import AuraModel
import JSONRPC
import Jobs
import Storage

/// `job.explain`: describes a job's state from the rows, and the resources that exist for it from the drivers.
extension RPCService {
    /// The time limit for the providers. A kind of resource without a reply in this time is reported as unseen.
    private static let lookLimit = Duration.seconds(10)

    func explain(_ id: JobID) async throws -> ExplainResult {
        let job = try await knownJob(id)
        let view = try await view(of: job)
        guard let instance = try await store.instance(.id(job.instance)) else {
            throw StorageError(.corrupt, "the instance of job \(id) is missing")
        }
        let looks = await ResourceLookup(sources: sources).look(at: instance, atMost: Self.lookLimit, time: time)
        let words = JobWords(
            job: job, view: view, instance: instance,
            missing: catalogue.definition(of: job) == nil ? job.definition : nil, now: time.now())
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
