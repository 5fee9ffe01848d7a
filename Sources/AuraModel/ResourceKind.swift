/// What kinds of things Aura makes in the outside world.
public enum ResourceKind: String, Sendable, Hashable, Codable, CaseIterable {
    case server
    case key
    case device
}
