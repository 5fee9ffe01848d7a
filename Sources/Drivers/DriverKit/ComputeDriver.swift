public import AuraModel

/// A driver for machines at a cloud provider.
///
/// Every call is safe to repeat except ``createServer(_:)`` and ``createKey(_:)``. Names of servers and keys are unique
/// at the provider, so a caller first looks for the name and adopts the resource that it finds. All calls throw
/// `Failure`; its class determines the reaction. A call that changes something continues until its reply or its timeout
/// even if the task is cancelled, so that the reply is not lost. A call that only reads stops at once.
public protocol ComputeDriver: Sendable {
    /// Returns the locations and types to try for a size in a region, best first. Empty if the pair is not offered.
    func placements(region: String, size: String) -> [Placement]
    /// Returns the reason why the provider's catalogue does not offer the placement, as of the last
    /// ``check(image:isOurs:)``. Returns `nil` if the placement is offered or the catalogue was not read.
    func objection(to placement: Placement) -> String?

    /// Returns the server with this name, or `nil` if there is none.
    func server(named name: String) async throws -> Server?
    /// Returns the server, or `nil` if the provider reports that it does not exist.
    func server(id: String) async throws -> Server?
    /// Returns all servers with these labels, from all pages.
    func servers(labels: [String: String]) async throws -> [Server]
    /// Creates a server. The call is not safe to repeat: after an ambiguous failure, look for the name first.
    func createServer(_ specification: ServerSpecification) async throws -> ServerCreation

    /// Deletes the server. Returns the ids of the actions to wait for; empty if the server did not exist.
    func deleteServer(id: String) async throws -> [String]
    /// Starts the server. Returns the ids of the actions to wait for.
    func powerOn(serverID: String) async throws -> [String]
    /// Cuts the server's power. Returns the ids of the actions to wait for.
    func powerOff(serverID: String) async throws -> [String]
    /// Requests a shutdown from the server's operating system. The success of the returned actions only means that the
    /// request was sent.
    func shutdown(serverID: String) async throws -> [String]
    /// Restarts the server. Returns the ids of the actions to wait for.
    func reboot(serverID: String) async throws -> [String]
    /// Returns the status of the actions. An id that the provider no longer knows is missing from the result.
    func actions(ids: [String]) async throws -> [ServerAction]

    /// Returns the key with this name, or `nil` if there is none.
    func key(named name: String) async throws -> ServerKey?
    /// Returns all keys with these labels, from all pages.
    func keys(labels: [String: String]) async throws -> [ServerKey]
    /// Creates a key. The call is not safe to repeat: after an ambiguous failure, look for the name first.
    func createKey(_ specification: ServerKeySpecification) async throws -> ServerKey
    /// Deletes the key. A key that does not exist is not an error.
    func deleteKey(id: String) async throws

    /// Returns the id of the firewall that admits the traffic of agents' machines, and creates the firewall if it does
    /// not exist. Returns `nil` if firewalls are switched off.
    func ensureFirewall(labels: [String: String]) async throws -> String?

    /// Compares the settings with the offers of the provider, and changes nothing. Throws if the provider cannot be
    /// reached.
    ///
    /// - Parameters:
    ///   - image: the image of new machines.
    ///   - isOurs: returns true if a resource with these labels was created by Aura.
    func check(image: String, isOurs: @Sendable ([String: String]) -> Bool) async throws -> [ProviderFinding]
}

/// A location and a server type that can hold a machine.
public struct Placement: Sendable, Hashable, Codable {
    /// The provider's name of the location.
    public var location: String
    /// The provider's name of the server type.
    public var serverType: String

    /// Creates a placement.
    public init(location: String, serverType: String) {
        self.location = location
        self.serverType = serverType
    }
}

/// A machine, as the provider describes it.
public struct Server: Sendable, Hashable {
    /// The provider's id.
    public var id: String
    /// The name at the provider.
    public var name: String
    /// The current status.
    public var status: ServerStatus
    /// The public address: IPv4 if there is one, otherwise IPv6. `nil` only while the provider has not assigned an
    /// address.
    public var address: String?
    /// The provider's name of the location.
    public var location: String
    /// The provider's name of the server type.
    public var serverType: String
    /// The labels at the provider.
    public var labels: [String: String]

    /// Creates a description of a machine.
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

/// The status of a machine. A status of the provider that is not listed here is converted to `unknown`.
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

/// The parameters of a new machine.
public struct ServerSpecification: Sendable {
    /// The name, which is unique at the provider.
    public var name: String
    /// The location and the server type.
    public var placement: Placement
    /// The image: a name or a number of the provider.
    public var image: String
    /// The ids of the SSH keys that the provider installs on the machine.
    public var keyIDs: [String]
    /// The id of the firewall; `nil` for no firewall.
    public var firewallID: String?
    /// The labels of the machine.
    public var labels: [String: String]
    /// The input of cloud-init. Any process on the machine can read it, so it must not contain a long-lived secret.
    public var userData: String

    /// Creates the parameters of a new machine.
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

/// A machine that is being created, and the actions to wait for.
public struct ServerCreation: Sendable {
    /// The machine.
    public var server: Server
    /// The ids of the actions to wait for.
    public var actionIDs: [String]

    /// Creates the result of a creation.
    public init(server: Server, actionIDs: [String]) {
        self.server = server
        self.actionIDs = actionIDs
    }
}

/// An asynchronous operation of the provider.
public struct ServerAction: Sendable, Hashable {
    /// The status of an action.
    public enum Status: Sendable, Hashable {
        case running
        case success
        case error(Failure)
    }

    /// The provider's id of the action.
    public var id: String
    /// The current status.
    public var status: Status

    /// Creates a description of an action.
    public init(id: String, status: Status) {
        self.id = id
        self.status = status
    }
}

/// A public key that the provider installs on new machines.
public struct ServerKey: Sendable, Hashable {
    /// The provider's id.
    public var id: String
    /// The name at the provider.
    public var name: String
    /// The public key, as one line of OpenSSH's format.
    public var publicKey: String
    /// The labels at the provider.
    public var labels: [String: String]

    /// Creates a description of a key.
    public init(id: String, name: String, publicKey: String, labels: [String: String]) {
        self.id = id
        self.name = name
        self.publicKey = publicKey
        self.labels = labels
    }
}

/// The parameters of a new key.
public struct ServerKeySpecification: Sendable {
    /// The name, which is unique at the provider.
    public var name: String
    /// The public key, as one line of OpenSSH's format.
    public var publicKey: String
    /// The labels of the key.
    public var labels: [String: String]

    /// Creates the parameters of a new key.
    public init(name: String, publicKey: String, labels: [String: String]) {
        self.name = name
        self.publicKey = publicKey
        self.labels = labels
    }
}
