// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSON

/// Lists.
public struct Lists: Sendable, Hashable, Codable {
    public var colours: [Open<Colour>]?
    /// All authors, the newest first.
    public var authors: [Author]?
    public var tags: [String]
    public var marks: [JSONValue]?

    public init(colours: [Open<Colour>]? = nil, authors: [Author]? = nil, tags: [String], marks: [JSONValue]? = nil) {
        self.colours = colours
        self.authors = authors
        self.tags = tags
        self.marks = marks
    }
}
