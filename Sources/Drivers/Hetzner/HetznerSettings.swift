public import DriverKit

/// The settings of a Hetzner Cloud project: its access and the machines to order.
public struct HetznerSettings: Sendable {
    /// The base URL, without a final slash.
    public var endpoint: String
    /// An API token with read and write permissions. It belongs to one project.
    public var token: ProviderCredential
    /// The candidates for a size in a region, best first: region → size → candidates.
    public var placements: [String: [String: [Placement]]]
    /// True if new machines get a firewall that admits only ICMP and ``openPorts``.
    public var usesFirewall: Bool
    /// The TCP ports that the firewall admits: SSH's port, and the agent's port if its health is read over HTTP.
    public var openPorts: [Int] = [22]
    /// The firewall's name in the project. If no firewall has this name, the driver creates it.
    public var firewallName: String
    /// The time for which the firewall's id is cached.
    public var firewallCacheLifetime: Duration
    /// The maximum number of concurrent calls.
    public var maximumConcurrentRequests: Int
    /// The longest wait for the shared budget, and for the daemon's own count of the rate limit, before a call fails as
    /// transient.
    public var maximumRateWait: Duration
    /// The time limit of one call.
    public var requestTimeout: Duration
    /// The maximum number of retries of a read. The driver retries the same errors as Hetzner's own clients.
    public var readRetries: Int
    /// The time for which reads of actions are collected, to share requests.
    public var actionWindow: Duration

    /// Creates settings. Each parameter except `token` has a default.
    public init(
        endpoint: String = "https://api.hetzner.cloud/v1", token: ProviderCredential,
        placements: [String: [String: [Placement]]] = HetznerSettings.defaultPlacements,
        usesFirewall: Bool = true, firewallName: String = "aura-agents",
        firewallCacheLifetime: Duration = .seconds(300), maximumConcurrentRequests: Int = 16,
        maximumRateWait: Duration = .seconds(30), requestTimeout: Duration = .seconds(30), readRetries: Int = 3,
        actionWindow: Duration = .milliseconds(20)
    ) {
        self.endpoint = endpoint
        self.token = token
        self.placements = placements
        self.usesFirewall = usesFirewall
        self.firewallName = firewallName
        self.firewallCacheLifetime = firewallCacheLifetime
        self.maximumConcurrentRequests = maximumConcurrentRequests
        self.maximumRateWait = maximumRateWait
        self.requestTimeout = requestTimeout
        self.readRetries = readRetries
        self.actionWindow = actionWindow
    }

    /// The default candidates, with the type names of autumn 2026. The cheap CX types of the European locations come
    /// first, then CPX of the second generation. The United States offer neither. The candidates there are CPX11 of the
    /// first generation, which is offered only there, and CCX (public price tables of September 2026). The catalogue is
    /// not reliable about stock, so all candidates are tried.
    public static let defaultPlacements: [String: [String: [Placement]]] = [
        "eu-central": [
            "small": candidates(["nbg1", "fsn1", "hel1"], types: ["cx23", "cpx22"]),
            "medium": candidates(["nbg1", "fsn1", "hel1"], types: ["cx33", "cpx32"]),
            "large": candidates(["nbg1", "fsn1", "hel1"], types: ["cx43", "cpx42"]),
        ],
        "us-east": [
            "small": candidates(["ash"], types: ["cpx11", "ccx13"]),
            "medium": candidates(["ash"], types: ["ccx13"]),
            "large": candidates(["ash"], types: ["ccx23"]),
        ],
    ]

    /// Returns all locations with the first type, then all locations with the next type.
    private static func candidates(_ locations: [String], types: [String]) -> [Placement] {
        types.flatMap { type in locations.map { Placement(location: $0, serverType: type) } }
    }
}
