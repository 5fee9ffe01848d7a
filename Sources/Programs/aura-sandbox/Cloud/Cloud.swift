/// The whole simulated cloud as one value: resources, scheduled events and faults.
///
/// It does no IO and reads no clock. `advance(to:)` moves it to a time; later changes happen at `now`.
struct Cloud: Sendable {
    /// The credentials of the run; a reset keeps them.
    struct Access: Sendable {
        /// The project's API token.
        var token: String
        /// A token that permits only reads.
        var readOnlyToken: String
        /// The OAuth client of the tailnet.
        var clientID: String
        var clientSecret: String
    }

    let access: Access
    /// True if servers are real machines that carry out orders, false if they are only simulated.
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
    /// The names of the existing containers.
    var containers: Set<String> = []
    var addresses: AddressPool
    /// The orders that the hosts have not yet taken.
    private(set) var orders: [HostOrder] = []
    /// The effects of faults on the current call.
    var interference = Interference()

    /// Creates a cloud without resources.
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

    /// Processes all events that are due at `time`, in order, each at its own time.
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

    /// Returns the time `seconds` from now; the time scale multiplies the duration.
    func after(_ seconds: Double) -> Instant { now + seconds * settings.timeScale }

    /// Queues an order for a real machine. Does nothing if servers are only simulated.
    mutating func order(_ order: HostOrder) {
        if hasHosts { orders.append(order) }
    }

    /// Returns the orders that were queued since the last call.
    mutating func takeOrders() -> [HostOrder] {
        defer { orders = [] }
        return orders
    }

    /// Discards everything but the credentials and the settings, and orders the removal of the real machines.
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
