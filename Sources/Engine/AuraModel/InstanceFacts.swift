public import JSON

/// The facts that only instances of one kind have, such as the machine of an agent.
///
/// A feature declares one type for each of its kinds (``InstanceKindDefinition``). The members of the facts are in the
/// same JSON object as the members that every instance has, so their names must differ from those.
public protocol InstanceFacts: Sendable, Hashable {
    /// The names of the facts' members in the instance's document.
    static var memberNames: Set<String> { get }
    /// True if something that costs money exists for the instance. A job that fails for a cause that an operator can
    /// repair is then parked instead of undone.
    var holdsPaidResource: Bool { get }

    /// Creates the facts of a new instance.
    init()
    /// Reads the facts from the members of a document. Throws if a member is present but cannot be read. Such a member
    /// must never count as absent, since a job would then create its resource a second time.
    init(members: JSONMembers) throws(JSONDecodingError)
    /// Appends the members to the JSON object of the document.
    func write(to json: inout JSONText)
}

/// The facts of one instance, of the type that its kind has.
public struct AnyInstanceFacts: Sendable, Hashable {
    /// The facts.
    public let value: any InstanceFacts

    /// Wraps facts.
    public init(_ value: any InstanceFacts) {
        self.value = value
    }

    /// Returns true if both have the same type and are equal.
    public static func == (one: AnyInstanceFacts, other: AnyInstanceFacts) -> Bool {
        one.value.isEqual(to: other.value)
    }

    /// Hashes the facts.
    public func hash(into hasher: inout Hasher) {
        value.hash(into: &hasher)
    }
}

extension InstanceFacts {
    fileprivate func isEqual(to other: any InstanceFacts) -> Bool { other as? Self == self }
}

/// The facts of an instance whose kind this daemon does not know. Their members stay in `Instance.otherMembers`.
public struct UnknownFacts: InstanceFacts {
    /// Empty, so that every member of the facts is kept in `Instance.otherMembers`.
    public static let memberNames: Set<String> = []
    /// True, because the unread facts may name a paid resource.
    public var holdsPaidResource: Bool { true }

    /// Creates the only value.
    public init() {}

    /// Reads nothing.
    public init(members: JSONMembers) {}

    /// Appends nothing.
    public func write(to json: inout JSONText) {}
}
