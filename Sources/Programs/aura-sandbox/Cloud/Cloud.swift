import FoundationEssentials

/// The whole simulated cloud as one value: resources, scheduled events and faults.
///
/// It does no IO and reads no clock. `advance(to:)` sets `now`, the time of all later changes.
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
        /// The secret key of the Stripe account.
        var stripeKey: String
        /// A key of the Stripe account that permits only reads.
        var stripeRestrictedKey: String
    }

    /// A scheduled event.
    enum Event: Sendable {
        /// The planned time of an action ends.
        case due(action: Int64)
        /// The guest has processed the ACPI signal. The machine powers off if `epoch` is still its power epoch.
        case guestDown(server: Int64, epoch: Int)
        /// The rules of a firewall have reached a server.
        case firewallApplied(firewall: Int64, server: Int64)
        /// A machine that boots slowly gets its power.
        case lateStart(server: Int64)
        /// Another client deletes the server.
        case vanish(server: Int64)
    }

    let access: Access
    /// True if servers are real machines that execute commands, false if they are only simulated.
    let hasHosts: Bool
    let catalog = Catalog.standard
    private(set) var now: Date
    var settings: Settings
    var random: SeededRandom
    var ids: Identifiers
    var events = EventHeap<Event>()
    var servers = ServerTable()
    var actions = ActionTable()
    var keys = ResourceTable<SSHKey>()
    var firewalls = ResourceTable<Firewall>()
    var tailnet = Tailnet()
    var stripe: Stripe
    var faults = Faults()
    var bucket: Bucket
    var counts = RequestCounts()
    var deleted = DeletedResources()
    /// The number of servers that were ever created.
    var createdServers = 0
    /// The names of the existing containers.
    var containers: Set<String> = []
    var addresses: AddressPool
    /// The commands that the hosts have not yet taken.
    private(set) var commands: [HostCommand] = []
    /// The effects of faults on the current call.
    var interference = Interference()

    /// Creates a cloud without resources.
    init(access: Access, hosts: AddressPool?, rateLimit: Int, settings: Settings, seed: UInt64, now: Date) {
        self.access = access
        self.settings = settings
        self.now = now
        hasHosts = hosts != nil
        addresses = hosts ?? .loopback
        random = SeededRandom(seed: seed)
        ids = Identifiers(seed: seed)
        bucket = Bucket(limit: rateLimit, now: now)
        stripe = Stripe(settings: settings, seed: seed, now: now)
    }

    /// Processes all events that are due at `time`, in order, each at its own time.
    mutating func advance(to time: Date) {
        while let (at, event) = events.take(dueAt: time) {
            now = max(now, at)
            process(event)
        }
        now = max(now, time)
        stripe.advance(to: now, settings)
    }

    private mutating func process(_ event: Event) {
        switch event {
        case .due(let action): reachedPlannedEnd(action)
        case .guestDown(let server, let epoch): guestWentDown(server, epoch: epoch)
        case .firewallApplied(let firewall, let server): firewallReached(server, firewall)
        case .lateStart(let server): startLate(server)
        case .vanish(let server): vanish(server)
        }
    }

    /// Returns the time `seconds` from now; the time scale multiplies the duration.
    func after(_ seconds: Double) -> Date { now + seconds * settings.timeScale }

    /// Queues a command for a real machine. Does nothing if servers are only simulated.
    mutating func enqueue(_ command: HostCommand) {
        if hasHosts { commands.append(command) }
    }

    /// Returns the commands that were queued since the last call.
    mutating func takeCommands() -> [HostCommand] {
        defer { commands = [] }
        return commands
    }

    /// Discards all resources, Stripe's objects, events, faults and counts, refills the request budget, and queues the
    /// removal of the real machines. Credentials and settings stay.
    mutating func reset() {
        for server in servers.all {
            enqueue(.remove(server: server.id, action: nil))
            if let address = server.ipv4 { addresses.release(address.text) }
        }
        servers = ServerTable()
        events = EventHeap()
        actions = ActionTable()
        keys = ResourceTable<SSHKey>()
        firewalls = ResourceTable<Firewall>()
        tailnet = Tailnet()
        stripe.reset()
        faults = Faults()
        counts = RequestCounts()
        deleted = DeletedResources()
        createdServers = 0
        bucket = Bucket(limit: bucket.limit, now: now)
    }
}
