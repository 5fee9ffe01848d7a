// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// Numbers and truth values.
public struct Measures: Sendable, Hashable, Codable {
    /// The number of pages.
    public var pageCount: Int
    public var weight: Double
    /// True if the note stays on top.
    public var isPinned: Bool
    /// The former name of `pageCount`.
    public var due: Int64?

    public init(pageCount: Int, weight: Double, isPinned: Bool, due: Int64? = nil) {
        self.pageCount = pageCount
        self.weight = weight
        self.isPinned = isPinned
        self.due = due
    }
}
