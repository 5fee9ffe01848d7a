/// The ledger's epoch and head, which a daemon stores outside the database to notice a restore.
public struct LedgerMark: Sendable, Hashable {
    public var epoch: String
    /// The newest event's `seq`.
    public var head: Int64

    public init(epoch: String, head: Int64) {
        self.epoch = epoch
        self.head = head
    }
}

/// How a daemon opens its database.
public struct DatabaseClaim: Sendable {
    /// The id of a new database; an old one keeps its own.
    public var installation: String
    /// The name of the ledger's next epoch, if it begins one now.
    public var newEpoch: String
    /// Whether a database may be made where there is none.
    public var allowsNew: Bool
    /// What this daemon remembers of the ledger; `nil` if nothing.
    public var mark: LedgerMark?

    public init(installation: String, newEpoch: String? = nil, allowsNew: Bool = true, mark: LedgerMark? = nil) {
        self.installation = installation
        self.newEpoch = newEpoch ?? installation
        self.allowsNew = allowsNew
        self.mark = mark
    }
}

/// The name of one unbroken history of the ledger.
///
/// After a restore the same numbers stand for other events. The database begins a new epoch when it is opened and there is a sign of that:
///
/// - it is at another place than when it was last opened (a copy has another inode, or is in another PostgreSQL cluster or timeline);
/// - the daemon remembers more events of this epoch than there are;
/// - the daemon remembers an epoch that the database never had.
public struct LedgerEpoch: Sendable, Hashable {
    /// The epoch now; empty in a database that never had one.
    public private(set) var name: String
    /// Epochs before, the newest first.
    public private(set) var former: [String]
    /// Where the database was when it was last opened.
    public private(set) var place: String

    private static let formerLimit = 100

    /// - Parameter text: what the database holds, as ``text`` writes it; `nil` if it never had an epoch.
    public init(_ text: String?) {
        let words = (text ?? "").split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        name = words.first ?? ""
        place = words.dropFirst().first ?? ""
        former = Array(words.dropFirst(2))
    }

    /// Words with a blank between them: the name, the place, the epochs before.
    public var text: String { ([name, place] + former).joined(separator: " ") }

    /// Continues the epoch, or begins the epoch `new` if a restore is detected. Records `place`. Returns true if this value changed.
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
