public import AuraModel

/// Machines at a cloud provider.
///
/// Every call is safe to repeat except ``createServer(_:)`` and ``createKey(_:)``; their names are unique at the provider,
/// so that a caller looks by name first and adopts what it finds. All calls throw ``Failure``; its class says what to do.
/// A call that changes something runs to its end or its time-out even when the task is cancelled, so that its answer is
/// not lost; a call that only reads stops at once.
public protocol ComputeDriver: Sendable {
    /// Which places and types to try for a size in a region, best first. Empty where the pair is not offered.
    func placements(region: String, size: String) -> [Placement]
    /// Why the provider's catalogue, as ``check(image:isOurs:)`` read it last, does not offer the placement; `nil` if it does or was
    /// not read.
    func objection(to placement: Placement) -> String?

    func server(named name: String) async throws -> Server?
    /// The server, or none where the provider says that it does not exist.
    func server(id: String) async throws -> Server?
    /// All servers that carry these labels, over all pages.
    func servers(labels: [String: String]) async throws -> [Server]
    func createServer(_ specification: ServerSpecification) async throws -> ServerCreation

    /// Deletes; an empty answer means that it was gone already.
    func deleteServer(id: String) async throws -> [String]
    func powerOn(serverID: String) async throws -> [String]
    /// Cuts the power.
    func powerOff(serverID: String) async throws -> [String]
    /// Asks the operating system to shut down; the action's success only means that it was asked.
    func shutdown(serverID: String) async throws -> [String]
    func reboot(serverID: String) async throws -> [String]
    /// Where the actions stand. An id that the provider no longer knows is missing from the answer.
    func actions(ids: [String]) async throws -> [ServerAction]

    func key(named name: String) async throws -> ServerKey?
    /// All keys that carry these labels, over all pages.
    func keys(labels: [String: String]) async throws -> [ServerKey]
    func createKey(_ specification: ServerKeySpecification) async throws -> ServerKey
    /// Deletes; a key that is gone already is no error.
    func deleteKey(id: String) async throws

    /// The id of the firewall that lets in what an agent's machine needs, made where it does not exist yet.
    /// None where firewalls are switched off.
    func ensureFirewall(labels: [String: String]) async throws -> String?

    /// Compares the settings with what the provider offers, and changes nothing. Throws if the provider cannot be asked.
    ///
    /// - Parameters:
    ///   - image: what machines start from.
    ///   - isOurs: whether these are the labels of something that Aura made.
    func check(image: String, isOurs: @Sendable ([String: String]) -> Bool) async throws -> [ProviderFinding]
}

/// One place and type that may hold a machine.
public struct Placement: Sendable, Hashable, Codable {
    public var location: String
    public var serverType: String

    public init(location: String, serverType: String) {
        self.location = location
        self.serverType = serverType
    }
}

/// A machine as the provider describes it.
public struct Server: Sendable, Hashable {
    public var id: String
    public var name: String
    public var status: ServerStatus
    /// The public address: IPv4 where there is one. None only while the provider has not given one.
    public var address: String?
    public var location: String
    public var serverType: String
    public var labels: [String: String]

    public init(
        id: String, name: String, status: ServerStatus, address: String?, location: String, serverType: String,
        labels: [String: String]
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.address = address
        self.location = location
        self.serverType = serverType
        self.labels = labels
    }
}

/// What a machine does now. A status that is not known here reads as `unknown`.
public enum ServerStatus: String, Sendable, Hashable {
    case initializing
    case starting
    case running
    case stopping
    case off
    case deleting
    case migrating
    case rebuilding
    case unknown
}

/// What a new machine shall be.
public struct ServerSpecification: Sendable {
    public var name: String
    public var placement: Placement
    public var image: String
    public var keyIDs: [String]
    public var firewallID: String?
    public var labels: [String: String]
    /// Read by cloud-init; any process on the machine can read it as well, so no lasting secret goes here.
    public var userData: String

    public init(
        name: String, placement: Placement, image: String, keyIDs: [String], firewallID: String?,
        labels: [String: String], userData: String
    ) {
        self.name = name
        self.placement = placement
        self.image = image
        self.keyIDs = keyIDs
        self.firewallID = firewallID
        self.labels = labels
        self.userData = userData
    }
}

/// A machine that is being made, and the actions to wait for.
public struct ServerCreation: Sendable {
    public var server: Server
    public var actionIDs: [String]

    public init(server: Server, actionIDs: [String]) {
        self.server = server
        self.actionIDs = actionIDs
    }
}

/// Something asynchronous that the provider does.
public struct ServerAction: Sendable, Hashable {
    public enum Status: Sendable, Hashable {
        case running
        case success
        case error(Failure)
    }

    public var id: String
    public var status: Status

    public init(id: String, status: Status) {
        self.id = id
        self.status = status
    }
}

/// A public key that the provider puts onto new machines.
public struct ServerKey: Sendable, Hashable {
    public var id: String
    public var name: String
    public var publicKey: String
    public var labels: [String: String]

    public init(id: String, name: String, publicKey: String, labels: [String: String]) {
        self.id = id
        self.name = name
        self.publicKey = publicKey
        self.labels = labels
    }
}

/// What a new key shall be.
public struct ServerKeySpecification: Sendable {
    public var name: String
    public var publicKey: String
    public var labels: [String: String]

    public init(name: String, publicKey: String, labels: [String: String]) {
        self.name = name
        self.publicKey = publicKey
        self.labels = labels
    }
}
