import FoundationEssentials
import JSON

/// A server as the provider records it.
struct Server: Sendable {
    /// The statuses of Hetzner that the sandbox uses; `unknown` only if a test sets it.
    enum Status: String, Sendable {
        case initializing, starting, running, stopping, off, deleting, unknown
    }

    /// A public address with the id of its Primary IP.
    struct Address: Sendable {
        let id: Int64
        let text: String
    }

    /// The differences between this machine and a healthy one, caused by a fault or a test.
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
    let created: Date
    private(set) var status = Status.initializing
    let type: ServerType
    let location: Location
    let image: Image
    let ipv4: Address?
    let ipv6: Address?
    /// The public keys to install on the machine.
    let authorizedKeys: [String]
    let userData: String?
    var isProtected = false
    /// The firewalls in the order of their application; `applied` is true when the rules are in effect.
    var firewalls: [(id: Int64, applied: Bool)] = []
    /// The running actions that lock the server.
    var open: [Int64] = []
    /// All actions of the server, oldest first.
    var actions: [Int64] = []
    var traits = Traits()
    /// Increases with each change of power, so that events that were planned before the change have no effect.
    var epoch = 0
    /// The time from which the agent replies.
    var answersFrom: Date?
    /// The newest 16 changes of the status, oldest first. An outdated list shows the status that the server had at an
    /// earlier time.
    private(set) var history: [(at: Date, status: Status)] = []
    /// The time at which the server ceased to exist.
    var gone: Date?

    init(
        id: Int64, request: ServerCreation, created: Date, ipv4: Address?, ipv6: Address?
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

    /// True if an action runs on the server.
    var isLocked: Bool { !open.isEmpty }

    /// Changes the status and records the time.
    mutating func become(_ status: Status, at now: Date) {
        guard status != self.status else { return }
        self.status = status
        history.append((now, status))
        if history.count > 16 { history.removeFirst() }
    }

    /// Returns the status at a time, or `nil` if the server did not exist then.
    func status(at time: Date) -> Status? {
        guard created <= time, gone.map({ $0 > time }) ?? true else { return nil }
        return history.last { $0.at <= time }?.status ?? history.first?.status
    }
}

extension Server {
    /// Returns the JSON in responses. `status` replaces the current status in a list as of an earlier time.
    func json(as status: Status? = nil) -> JSONValue {
        [
            "id": .integer(id), "name": .string(name), "status": .string((status ?? self.status).rawValue),
            "created": .time(created), "public_net": publicNet, "private_net": [], "server_type": type.json,
            "location": location.json, "image": image.json, "iso": .null, "rescue_enabled": false,
            "locked": .bool(isLocked), "backup_window": .null, "outgoing_traffic": 0, "ingoing_traffic": 0,
            "included_traffic": .integer(Price.includedTrafficBytes),
            "protection": ["delete": .bool(isProtected), "rebuild": .bool(isProtected)], "labels": .labels(labels),
            "volumes": [], "load_balancers": [], "primary_disk_size": .integer(type.disk), "placement_group": .null,
        ]
    }

    private var publicNet: JSONValue {
        let shownIPv4 = ipv4.map { address -> JSONValue in
            let reversed = address.text.split(separator: ".").reversed().joined(separator: ".")
            return [
                "id": .integer(address.id), "ip": .string(address.text), "blocked": false,
                "dns_ptr": .string("static.\(reversed).clients.your-server.de"),
            ]
        }
        let shownIPv6 = ipv6.map { address -> JSONValue in
            ["id": .integer(address.id), "ip": .string(address.text), "blocked": false, "dns_ptr": []]
        }
        return [
            "ipv4": shownIPv4 ?? .null, "ipv6": shownIPv6 ?? .null, "floating_ips": [],
            "firewalls": .array(
                firewalls.map { ["id": .integer($0.id), "status": .string($0.applied ? "applied" : "pending")] }),
        ]
    }
}
