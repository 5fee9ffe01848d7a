/// A name from a set that other versions of the daemon may extend.
///
/// Daemons of two versions share a database during a rolling upgrade. A name that this version does not know is kept
/// and passed on unchanged, so that no row and no event is lost.
public protocol OpenName: RawRepresentable<String>, Sendable, Hashable, Codable, CaseIterable, CustomStringConvertible {
    /// Creates a name from any text.
    init(rawValue: String)
}

extension OpenName {
    init(_ text: String) {
        self.init(rawValue: text)
    }

    /// The name itself.
    public var description: String { rawValue }
}
