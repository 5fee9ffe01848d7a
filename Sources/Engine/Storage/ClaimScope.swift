public import AuraModel

/// The jobs that a daemon can run.
///
/// During a rolling upgrade, daemons of two versions share a database, and each claims the jobs whose definition it
/// has. Every daemon may claim a job that a destroy superseded: the job only has to be ended, and the destroy waits
/// for that.
public struct ClaimScope: Sendable, Hashable {
    /// The definitions that the daemon has; `nil` means all definitions.
    public let definitions: Set<DefinitionID>?
    /// Jobs that the daemon cannot run although it has their definitions: it cannot read their rows, or lacks their
    /// steps.
    public var setAside: Set<JobID>
    /// The condition on the columns of `job` that ``definitions`` implies, as SQL for both databases. The text is
    /// constant for the daemon's lifetime, so that its statements stay prepared.
    public let definitionCondition: String

    /// Creates a scope. `definitions` is `nil` for all definitions.
    public init(definitions: Set<DefinitionID>?, setAside: Set<JobID> = []) {
        self.definitions = definitions
        self.setAside = setAside
        definitionCondition = definitions.map(Self.condition) ?? "true"
    }

    private static func condition(_ definitions: Set<DefinitionID>) -> String {
        let list = definitions.map { "'\($0.description.replacing("'", with: "''"))'" }.sorted().joined(separator: ", ")
        return "(\(list.isEmpty ? "" : "definition IN (\(list)) OR ")cancellation = 'superseded')"
    }

    /// The scope that includes every job.
    public static let everything = ClaimScope(definitions: nil)

    /// Returns true if the daemon can run the job.
    public func includes(_ job: Job) -> Bool {
        guard !setAside.contains(job.id) else { return false }
        return definitions?.contains(job.definition) ?? true || job.cancellation == .superseded
    }
}
