/// The whole pretended outside world as one value: what exists, what is due, what is to go wrong.
///
/// It does no IO and reads no clock. `advance(to:)` brings it to a time; everything after that happens at `now`.
struct Cloud: Sendable {
    /// Who may call, and what the run was started with; a reset keeps it.
    struct Access: Sendable {
        /// The project's API token.
        var token: String
        /// A token that may only read.
        var readOnlyToken: String
        /// The tailnet's OAuth client.
        var clientID: String
        var clientSecret: String
    }

    let access: Access
    /// Whether servers are real machines that take orders, or rows.
    let hasHosts: Bool
    let catalog = Catalog.standard
    private(set) var now: Instant
    var settings: Settings
    var dice: Dice
    var ids: Identifiers
    var agenda = Agenda()
    var servers = ServerTable()
    var actions = ActionTable()
    var keys = SSHKeyTable()
    var firewalls = FirewallTable()
    var tailnet = Tailnet()
    var faults = Faults()
    var bucket: Bucket
    var counts = RequestCounts()
    var past = Past()
    /// Names of the real machines that stand now.
    var containers: Set<String> = []
    var addresses: AddressPool
    /// Orders that the hosts have not yet taken.
    private(set) var orders: [HostOrder] = []
    /// What faults want of the call that is being answered.
    var interference = Interference()

    /// A cloud in which nothing exists yet.
    init(access: Access, hosts: AddressPool?, rateLimit: Int, settings: Settings, seed: UInt64, now: Instant) {
        self.access = access
        self.settings = settings
        self.now = now
        hasHosts = hosts != nil
        addresses = hosts ?? .loopback
        dice = Dice(seed: seed)
        ids = Identifiers(seed: seed)
        bucket = Bucket(limit: rateLimit, now: now)
    }

    /// Lets everything happen that is due by `time`, in order, each at its own moment.
    mutating func advance(to time: Instant) {
        while let (at, event) = agenda.take(dueAt: time) {
            now = max(now, at)
            happen(event)
        }
        now = max(now, time)
    }

    private mutating func happen(_ event: Agenda.Event) {
        switch event {
        case .due(let action): come(due: action)
        case .guestDown(let server, let epoch): guestWentDown(server, epoch: epoch)
        case .firewallApplied(let firewall, let server): firewallReached(server, firewall)
        case .lateStart(let server): startLate(server)
        case .vanish(let server): vanish(server)
        }
    }

    /// `seconds` of planned duration from now, by the time scale.
    func after(_ seconds: Double) -> Instant { now + seconds * settings.timeScale }

    /// Gives an order to a real machine; where servers are rows there is nobody to take it.
    mutating func order(_ order: HostOrder) {
        if hasHosts { orders.append(order) }
    }

    /// Hands out the orders that were given since the last time.
    mutating func takeOrders() -> [HostOrder] {
        defer { orders = [] }
        return orders
    }

    /// Forgets everything but who may call and the settings; real machines are ordered away.
    mutating func reset() {
        for server in servers.all {
            order(.remove(server: server.id, action: nil))
            if let address = server.ipv4 { addresses.release(address.text) }
        }
        servers = ServerTable()
        agenda = Agenda()
        actions = ActionTable()
        keys = SSHKeyTable()
        firewalls = FirewallTable()
        tailnet = Tailnet()
        faults = Faults()
        counts = RequestCounts()
        past = Past()
        bucket = Bucket(limit: bucket.limit, now: now)
    }
}
