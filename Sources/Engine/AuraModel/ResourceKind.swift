/// The kinds of resources that Aura creates at providers.
public enum ResourceKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A machine at the compute provider.
    case server
    /// An SSH key at the compute provider.
    case key
    /// A device in the tailnet.
    case device
}
