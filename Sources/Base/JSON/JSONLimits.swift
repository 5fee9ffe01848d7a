/// The limits of the parser.
public struct JSONLimits: Sendable, Hashable {
    /// The longest document, in bytes.
    public var bytes: Int
    /// The deepest nesting of arrays and objects: `[]` has depth 1, a number 0. At most 2,000, the limit of jansson.
    public var depth: Int

    /// Creates limits. The defaults are one mebibyte and 64 levels.
    public init(bytes: Int = 1 << 20, depth: Int = 64) {
        self.bytes = bytes
        self.depth = min(depth, 2000)
    }
}
