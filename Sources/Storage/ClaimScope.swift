public import AuraModel

/// Which jobs a daemon can work on.
///
/// While daemons are being replaced one by one, those of two versions share a database, and each claims what it knows. A job that
/// a destroy took over from is everybody's: it only has to be ended, and the destroy waits for that.
public struct ClaimScope: Sendable, Hashable {
    /// The definitions that the daemon has; none means every definition.
    public let definitions: Set<DefinitionID>?
    /// Jobs that it cannot work on although it has their definitions: it cannot read their rows, or does not have their steps.
    public var setAside: Set<JobID>
    /// The condition on `job`'s columns that ``definitions`` makes, as SQL that both databases understand. The same text for as long
    /// as a daemon lives, so that its statements stay prepared.
    public let definitionCondition: String

    public init(definitions: Set<DefinitionID>?, setAside: Set<JobID> = []) {
        self.definitions = definitions
        self.setAside = setAside
        definitionCondition = definitions.map(Self.condition) ?? "true"
    }

    private static func condition(_ definitions: Set<DefinitionID>) -> String {
        let list = definitions.map { "'\($0.description.replacing("'", with: "''"))'" }.sorted().joined(separator: ", ")
        return "(\(list.isEmpty ? "" : "definition IN (\(list)) OR ")cancellation = 'superseded')"
    }

    /// Every job.
    public static let everything = ClaimScope(definitions: nil)

    public func includes(_ job: Job) -> Bool {
        guard !setAside.contains(job.id) else { return false }
        return definitions?.contains(job.definition) ?? true || job.cancellation == .superseded
    }
}
