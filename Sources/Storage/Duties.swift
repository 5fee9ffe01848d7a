public import AuraModel

/// Something that one daemon at a time does: `sweep`, `prune`.
public struct DutyRequest: Sendable {
    public var name: String
    /// The daemon's boot id. Whoever has the duty keeps it by asking again.
    public var owner: String
    /// How long the duty is the owner's without another request.
    public var duration: Duration
    public var now: Timestamp

    public init(name: String, owner: String, duration: Duration, now: Timestamp) {
        self.name = name
        self.owner = owner
        self.duration = duration
        self.now = now
    }
}

/// One of the places that a limited driver has, such as `configuration`.
public struct PlaceRequest: Sendable {
    public var held: LeaseExtension.Held
    public var place: String
    /// Jobs that may be at this place at once, in all daemons.
    public var limit: Int

    public init(held: LeaseExtension.Held, place: String, limit: Int) {
        self.held = held
        self.place = place
        self.limit = limit
    }
}
