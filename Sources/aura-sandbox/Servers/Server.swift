/// A server, as the provider keeps it.
struct Server: Sendable {
    /// Hetzner's statuses that the sandbox shows; `unknown` only when a test asks for it.
    enum Status: String, Sendable {
        case initializing, starting, running, stopping, off, deleting, unknown
    }

    /// A public address with the number of its Primary IP.
    struct Address: Sendable {
        let id: Int64
        let text: String
    }

    /// How this machine departs from a good one, by a fault or a test's order.
    struct Traits: Sendable {
        var neverBoots = false
        var bootSeconds: Double?
        var hasOtherHostKey = false
        var ignoresShutdown = false
        var isSick = false
    }

    let id: Int64
    var name: String
    var labels: [String: String]
    let created: Instant
    private(set) var status = Status.initializing
    let type: ServerType
    let location: Location
    let image: Image
    let ipv4: Address?
    let ipv6: Address?
    /// Public keys that are put into the machine.
    let authorizedKeys: [String]
    let userData: String?
    var isProtected = false
    /// Firewalls in the order of their application; true once their rules are in force.
    var firewalls: [(id: Int64, applied: Bool)] = []
    /// The running actions that lock it.
    var open: [Int64] = []
    /// All its actions, oldest first.
    var actions: [Int64] = []
    var traits = Traits()
    /// Grows with each change of power, so that what was planned for an earlier one is not done.
    var epoch = 0
    /// From when its agent answers.
    var answersFrom: Instant?
    /// What it was when, for lists as of some time ago; the newest 16 entries.
    private(set) var history: [(at: Instant, status: Status)] = []
    /// When it ceased to exist.
    var gone: Instant?

    init(
        id: Int64, request: ServerCreation, created: Instant, ipv4: Address?, ipv6: Address?
    ) {
        self.id = id
        self.created = created
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        name = request.name
        labels = request.labels
        type = request.type
        location = request.location
        image = request.image
        authorizedKeys = request.authorizedKeys
        userData = request.userData
        history = [(created, .initializing)]
    }

    /// Whether an action runs on it.
    var isLocked: Bool { !open.isEmpty }

    /// Changes the status and remembers when.
    mutating func become(_ status: Status, at now: Instant) {
        guard status != self.status else { return }
        self.status = status
        history.append((now, status))
        if history.count > 16 { history.removeFirst() }
    }

    /// The status it had at a time, or nil when it did not exist then.
    func status(at time: Instant) -> Status? {
        guard created <= time, gone.map({ $0 > time }) ?? true else { return nil }
        return history.last { $0.at <= time }?.status ?? history.first?.status
    }
}
