public import AuraModel

/// The jobs that a daemon can run.
///
/// During a rolling upgrade, daemons of two versions share a database, and each claims the jobs whose definition it
/// has. Every daemon may claim a job that a destroy superseded: the worker only ends the job, and the destroy waits for
/// that.
public struct ClaimScope: Sendable, Hashable {
    /// The definitions that the daemon has; `nil` means all definitions.
    public let definitions: Set<DefinitionID>?
    /// Jobs that the daemon cannot run although it has their definitions: it cannot read their rows, or lacks their
    /// steps.
    public var setAside: Set<JobID>
    /// ``definitions`` as an SQL condition on the columns of the table `job`, for both databases. The text does not
    /// change in the daemon's lifetime, so that statements with it stay prepared.
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
