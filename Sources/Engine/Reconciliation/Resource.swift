public import AuraModel
public import JSON
public import Storage

/// A resource at a provider, as its source listed or read it.
public struct Resource: Sendable, Hashable {
    /// The kind and the provider's id.
    public var key: Observation.Key
    /// The name at the provider. For a tailnet device, the host name without the number that Tailscale may append.
    public var name: String
    /// The instance that is named in the resource's labels; `nil` if it has no labels.
    public var instance: InstanceID?
    /// True if the resource is powered on.
    public var isOn: Bool
    /// True if the provider is deleting the resource.
    public var isDeleting: Bool
    /// The facts that the instance records when the reconciler adopts the resource; `nil` if there are no facts to
    /// record.
    public var facts: JSONValue?

    /// Creates the description of one resource.
    public init(
        key: Observation.Key, name: String, instance: InstanceID? = nil, isOn: Bool = false, isDeleting: Bool = false,
        facts: JSONValue? = nil
    ) {
        self.key = key
        self.name = name
        self.instance = instance
        self.isOn = isOn
        self.isDeleting = isDeleting
        self.facts = facts
    }
}

/// The fixed properties of one kind of resource. The reconcile plan decides with them, without IO.
public struct ResourceTraits: Sendable {
    /// The way in which the reconciler finds the instance that owns a resource.
    public enum Identification: Sendable, Hashable {
        /// By labels that name the instance.
        case labels
        /// By the resource's name, because the provider has no labels. An id that an instance records outweighs the
        /// name.
        case name
    }

    /// The kind that all resources of the source have.
    public var kind: ResourceKind
    /// The kind of instance that has such resources.
    public var instanceKind: InstanceKind
    /// The noun for messages, such as `machine`.
    public var noun: String
    /// The way in which the owner of a resource is found.
    public var identification: Identification
    /// Returns the provider's id that the instance records, or `nil` if it records none. Without this closure,
    /// resources are compared by name.
    public var recordedID: (@Sendable (Instance) -> String?)?
    /// Writes the facts of an adopted resource into its instance. Returns false and changes nothing if the facts
    /// cannot be read. `nil` if resources of this kind are never adopted.
    public var record: (@Sendable (Resource, inout Instance) -> Bool)?
    /// The properties of an essential kind; `nil` if an instance is not degraded without the resource.
    public var essential: Essential?
    /// True if resources of this kind have power. The power of an orphan is cut for the grace period before its
    /// deletion.
    public var hasPower: Bool

    /// The properties of a resource that an instance cannot be without.
    public struct Essential: Sendable {
        /// The phases in which the instance must have the resource.
        public var phases: Set<Phase>
        /// The code of the failure and of the alert when the resource is missing.
        public var lostCode: String
        /// The code of the failure when a lost resource exists again in another power state than desired.
        public var driftCode: String

        /// Creates the properties.
        public init(phases: Set<Phase>, lostCode: String, driftCode: String) {
            self.phases = phases
            self.lostCode = lostCode
            self.driftCode = driftCode
        }
    }

    /// Creates the properties of one kind.
    public init(
        kind: ResourceKind, instanceKind: InstanceKind, noun: String, identification: Identification,
        recordedID: (@Sendable (Instance) -> String?)? = nil,
        record: (@Sendable (Resource, inout Instance) -> Bool)? = nil, essential: Essential? = nil,
        hasPower: Bool = false
    ) {
        self.kind = kind
        self.instanceKind = instanceKind
        self.noun = noun
        self.identification = identification
        self.recordedID = recordedID
        self.record = record
        self.essential = essential
        self.hasPower = hasPower
    }

    /// True if the instance records the resource as its own.
    func records(_ resource: Resource, in instance: Instance) -> Bool {
        guard let recordedID else { return instance.resourceName == resource.name }
        return recordedID(instance) == resource.key.id
    }
}

/// Reads and removes the resources of one kind at a provider, for the reconciler and for `job.explain`.
///
/// Each call that leaves the process checks the lease guard first (`LeaseGuard`). Calls throw `Failure`.
public protocol ResourceSource: Sendable {
    /// The properties of the kind.
    var traits: ResourceTraits { get }
    /// Returns every resource with Aura's labels. If the provider has no labels, returns every resource with a name of
    /// Aura's form. Throws if the list is not complete.
    func inventory() async throws -> [Resource]
    /// Reads a resource again, right before it is changed. Returns `nil` if it does not exist or is no longer Aura's.
    func current(_ resource: Resource) async throws -> Resource?
    /// Returns true if a resource with this id exists, Aura's or not. The reconciler calls it for essential kinds only.
    func exists(_ resource: Resource) async throws -> Bool
    /// Returns the resources with the instance's present resource name, including those that are not Aura's.
    func find(for instance: Instance) async throws -> [FoundResource]
    /// Cuts the power of a resource whose kind has power.
    func powerOff(_ resource: Resource) async throws
    /// Deletes a resource. A resource that does not exist is not an error.
    func delete(_ resource: Resource) async throws
}

extension ResourceSource {
    /// Returns true if ``current(_:)`` finds the resource, which must be Aura's. Sources of essential kinds must
    /// implement this method instead.
    public func exists(_ resource: Resource) async throws -> Bool { try await current(resource) != nil }

    /// Always throws, because resources without power cannot be switched off.
    public func powerOff(_ resource: Resource) async throws {
        throw Failure(
            .permanent, code: "noPower", message: "a resource of the kind \(resource.key.kind) cannot be powered off")
    }
}

/// A resource that exists for an instance, described for people.
public struct FoundResource: Sendable, Hashable {
    /// The provider's id.
    public var id: String
    /// The name at the provider.
    public var name: String
    /// The state as the provider names it; `nil` if the resource has no state.
    public var state: String?
    /// True if labels or tags mark the resource as Aura's.
    public var isOurs: Bool

    /// Creates a description.
    public init(id: String, name: String, state: String?, isOurs: Bool) {
        self.id = id
        self.name = name
        self.state = state
        self.isOurs = isOurs
    }
}
