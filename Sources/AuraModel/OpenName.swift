/// A name out of a set that other versions of the daemon may extend.
///
/// Old and new daemons share a database while they are being replaced one by one. A name that this version does not know is
/// kept and passed on as it is, so that no row and no event is lost for it.
public protocol OpenName: RawRepresentable<String>, Sendable, Hashable, Codable, CaseIterable, CustomStringConvertible {
    init(rawValue: String)
}

extension OpenName {
    init(_ text: String) {
        self.init(rawValue: text)
    }

    public var description: String { rawValue }
}
