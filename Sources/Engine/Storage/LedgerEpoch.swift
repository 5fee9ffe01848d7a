/// The ledger's epoch and head. A daemon stores them outside the database to detect a restore.
public struct LedgerMark: Sendable, Hashable {
    /// The name of the epoch.
    public var epoch: String
    /// The `seq` of the newest event.
    public var head: Int64

    /// Creates a mark.
    public init(epoch: String, head: Int64) {
        self.epoch = epoch
        self.head = head
    }
}

/// A daemon's conditions for opening its database, and the values for a new database or epoch.
public struct DatabaseClaim: Sendable {
    /// The id for a new database; an existing database keeps its own.
    public var installation: String
    /// The name of the new epoch, used if this opening begins one.
    public var newEpoch: String
    /// Whether a new database may be created if none exists.
    public var allowsNew: Bool
    /// The mark that this daemon stored last; `nil` if it stored none.
    public var mark: LedgerMark?

    /// Creates a claim. `newEpoch` defaults to `installation`.
    public init(installation: String, newEpoch: String? = nil, allowsNew: Bool = true, mark: LedgerMark? = nil) {
        self.installation = installation
        self.newEpoch = newEpoch ?? installation
        self.allowsNew = allowsNew
        self.mark = mark
    }
}

/// The name of one unbroken history of the ledger.
///
/// After a restore the same `seq` values denote other events. The database begins a new epoch if one of these signs is
/// found when it is opened:
///
/// - its location has changed since the last opening (a copy has another inode, or is in another PostgreSQL cluster or
///   timeline);
/// - the daemon's mark has a higher head in this epoch than the ledger;
/// - the daemon's mark names an epoch that the database never had.
public struct LedgerEpoch: Sendable, Hashable {
    /// The name of the present epoch; empty in a database that never had one.
    public private(set) var name: String
    /// The names of former epochs, the newest first; at most 100.
    public private(set) var former: [String]
    /// The location of the database at its last opening.
    public private(set) var place: String

    private static let formerLimit = 100

    /// Parses the stored form.
    ///
    /// - Parameter text: the stored value, as ``text`` writes it; `nil` if the database never had an epoch.
    public init(_ text: String?) {
        let words = (text ?? "").split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        name = words.first ?? ""
        place = words.dropFirst().first ?? ""
        former = Array(words.dropFirst(2))
    }

    /// The stored form: the name, the location and the former epochs, separated by spaces.
    public var text: String { ([name, place] + former).joined(separator: " ") }

    /// Continues the epoch. Begins the epoch `new` instead if there was none or a restore is detected. Records `place`
    /// as the location. Returns true if this value changed.
    public mutating func settle(at place: String, head: Int64, mark: LedgerMark?, new: String) -> Bool {
        let before = self
        if !continues(at: place, head: head, mark: mark) {
            if !name.isEmpty { former = Array(([name] + former).prefix(Self.formerLimit)) }
            name = new
        }
        self.place = place
        return self != before
    }

    private func continues(at place: String, head: Int64, mark: LedgerMark?) -> Bool {
        guard !name.isEmpty, place == self.place else { return false }
        guard let mark else { return true }
        return mark.epoch == name ? mark.head <= head : former.contains(mark.epoch)
    }
}
