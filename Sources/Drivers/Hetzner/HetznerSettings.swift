public import AuraModel
public import DriverKit

/// How the Hetzner Cloud project is reached and what is bought there.
public struct HetznerSettings: Sendable {
    /// The base URL, without a final slash.
    public var endpoint: String
    /// An API token with read and write rights; it belongs to one project.
    public var token: Secret
    /// What may hold a size in a region, best first: region → size → candidates.
    public var placements: [String: [String: [Placement]]]
    /// Whether new machines get a firewall that lets in ICMP and ``openPorts`` only.
    public var usesFirewall: Bool
    /// The TCP ports that the firewall lets in: SSH's, and the agent's if its health is read over HTTP.
    public var openPorts: [Int] = [22]
    /// The firewall's name in the project; it is made where none has this name.
    public var firewallName: String
    /// How long the firewall's id is believed before it is looked up again.
    public var firewallCacheLifetime: Duration
    /// How many calls are under way at once.
    public var maximumConcurrentRequests: Int
    /// How long a call may wait for its turn in the project's rate limit before it fails as transient.
    public var maximumRateWait: Duration
    /// How long one call may take.
    public var requestTimeout: Duration
    /// How often a call that only reads is repeated where Hetzner's own clients repeat it.
    public var readRetries: Int
    /// How long callers who ask for actions are gathered into one call.
    public var actionWindow: Duration

    public init(
        endpoint: String = "https://api.hetzner.cloud/v1", token: Secret,
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

    /// Types by their names of autumn 2026: the cheap CX of the European locations first, CPX of the second generation
    /// if those are sold out. The United States sell neither: CPX11 of the first generation is kept there alone, and
    /// CCX (public price tables of September 2026). The catalogue is not reliable about stock, so all are tried.
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

    /// All locations with the first type, then all with the next.
    private static func candidates(_ locations: [String], types: [String]) -> [Placement] {
        types.flatMap { type in locations.map { Placement(location: $0, serverType: type) } }
    }
}
