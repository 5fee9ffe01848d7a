// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A choice of notes. It is closed, so clients send it.
public struct Filter: Sendable, Hashable, Codable {
    /// Notes of these colours.
    public var colours: [Open<Colour>]?
    public var before: Timestamp?

    public init(colours: [Open<Colour>]? = nil, before: Timestamp? = nil) {
        self.colours = colours
        self.before = before
    }
}
