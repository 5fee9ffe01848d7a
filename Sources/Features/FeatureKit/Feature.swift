public import AuraModel
public import DriverKit
public import Gateway
public import HTTPClient
public import JSONRPC
public import Jobs
public import Logging
public import RPCService
public import Reconciliation
public import ServiceLifecycle
public import Storage

/// A part of Aura that can be added or left out as a whole. `aurad` has the list of all features. The layers below the
/// features do not name any.
///
/// A feature passes through three stages, each a value of its own:
///
/// 1. `Feature`: the declarations, known before anything is read or opened.
/// 2. ``ConfiguredFeature``: the settings are read. `aurad check-config` ends here.
/// 3. ``FeatureParts``: the store is open, and the daemon connects the parts to its own components.
public struct Feature: Sendable {
    /// Reads and checks the feature's settings. Throws ``SettingsError`` at the first setting that cannot be used.
    public typealias Configure = @Sendable (SettingsSource) throws -> any ConfiguredFeature

    /// The name, for the log.
    public var name: String
    /// The kinds of the feature's instances. The store must know them before it is opened.
    public var kinds: [InstanceKindDefinition]
    /// The settings that ``configure`` reads. A file may contain no other settings than those that are declared.
    public var settings: [Setting]
    /// Reads and checks the settings.
    public var configure: Configure

    /// Creates a feature.
    public init(
        name: String, kinds: [InstanceKindDefinition] = [], settings: [Setting] = [], configure: @escaping Configure
    ) {
        self.name = name
        self.kinds = kinds
        self.settings = settings
        self.configure = configure
    }
}

/// A feature with its settings. It has no open connection, file or process.
public protocol ConfiguredFeature: Sendable {
    /// The lines about this feature that `aurad check-config` shows. They contain no secret.
    var summary: [String] { get }

    /// True if the feature can verify tokens of callers.
    var verifiesTokens: Bool { get }

    /// Asks the feature's providers whether they accept the settings. Returns `nil` if there is no provider to ask.
    func checkOnline(_ environment: FeatureEnvironment) async -> OnlineCheck?

    /// Creates the feature's parts over an open store. The daemon calls it once, before any job continues. It may end
    /// processes and remove files that a crashed daemon left.
    func open(_ environment: FeatureEnvironment, store: any Store) async throws -> FeatureParts
}

extension ConfiguredFeature {
    /// No lines.
    public var summary: [String] { [] }

    /// False.
    public var verifiesTokens: Bool { false }

    /// Returns `nil`.
    public func checkOnline(_ environment: FeatureEnvironment) async -> OnlineCheck? { nil }
}

/// The components and settings of the daemon that every feature can use.
public struct FeatureEnvironment: Sendable {
    /// The id of this run of the daemon, which leases record as their owner.
    public var owner: String
    public var time: any TimeSource
    public var random: any RandomSource
    public var logger: Logger
    /// The directory of the daemon's files.
    public var stateDirectory: String
    /// The directory of the machines' keys that are not in the vault. Daemons without a key file that share a database
    /// share it too.
    public var credentialsDirectory: String
    /// The path of the Unix socket that the daemon serves.
    public var socketPath: String
    /// The settings of HTTP clients for providers: certificates, proxy, user agent.
    public var http: HTTPClientSettings
    /// The duration of a job's lease.
    public var lease: Duration
    /// The time between two extensions of a job's lease.
    public var heartbeat: Duration
    /// The secrets of the installation; `nil` without a key file. A feature before this one has made them.
    public var secrets: (any InstallationSecrets)?

    /// Creates an environment.
    public init(
        owner: String, time: any TimeSource, random: any RandomSource, logger: Logger, stateDirectory: String,
        credentialsDirectory: String, socketPath: String, http: HTTPClientSettings, lease: Duration, heartbeat: Duration
    ) {
        self.owner = owner
        self.time = time
        self.random = random
        self.logger = logger
        self.stateDirectory = stateDirectory
        self.credentialsDirectory = credentialsDirectory
        self.socketPath = socketPath
        self.http = http
        self.lease = lease
        self.heartbeat = heartbeat
    }
}

/// The result of asking a feature's providers, for `aurad check-config --online`.
public struct OnlineCheck: Sendable {
    /// The settings that a provider does not accept.
    public var findings: [ProviderFinding]
    /// The calls to providers that failed.
    public var failures: [Failure]
    /// The line to show if no finding is an error and no call failed.
    public var acceptance: String

    /// Creates a result.
    public init(findings: [ProviderFinding], failures: [Failure], acceptance: String) {
        self.findings = findings
        self.failures = failures
        self.acceptance = acceptance
    }
}

/// The parts of an open feature, which the daemon connects to its own components.
public struct FeatureParts: Sendable {
    /// Adds the feature's own methods to the router.
    public typealias Registration = @Sendable (inout Router, RPCService) -> Void

    /// The operations on the feature's instances, with their job definitions.
    public var operations: [Operation]
    /// The resources that the feature creates at providers. The reconciler sweeps them, and `job.explain` shows them.
    public var sources: [any ResourceSource]
    /// The regions in which the feature can create instances, for `system.info`.
    public var regions: [String]
    /// The sizes of instances that the feature can create, for `system.info`.
    public var sizes: [String]
    /// Adds the methods that only this feature has.
    public var register: Registration
    /// Work of the feature around every call of every method. The interceptors of earlier features come first.
    public var interceptors: [any Interceptor]
    /// Decides who calls. Only one feature may have it.
    public var authenticator: (any Authenticator)?
    /// Writes calls to the audit. Only one feature may have it.
    public var recorder: (any CallRecorder)?
    /// Returns a tenant's own limits, or `nil` if the installation's limits hold. Only one feature may have it.
    public var ownQuota: (@Sendable (TenantID) -> TenantQuota?)?
    /// The secrets of the installation, for the features after this one. Only one feature may have them.
    public var secrets: (any InstallationSecrets)?
    /// The routes of the HTTP gateway that only this feature has.
    public var routes: [HTTPRoute]
    /// The services that run for as long as the daemon serves.
    public var services: [any Service]
    /// Releases what ``ConfiguredFeature/open(_:store:)`` made. The daemon calls it when all services have ended.
    public var shutdown: @Sendable () async -> Void

    /// Creates the parts. A part that a feature does not have is empty.
    public init(
        operations: [Operation] = [], sources: [any ResourceSource] = [], regions: [String] = [], sizes: [String] = [],
        register: @escaping Registration = { _, _ in }, interceptors: [any Interceptor] = [],
        authenticator: (any Authenticator)? = nil, recorder: (any CallRecorder)? = nil,
        ownQuota: (@Sendable (TenantID) -> TenantQuota?)? = nil, secrets: (any InstallationSecrets)? = nil,
        routes: [HTTPRoute] = [], services: [any Service] = [],
        shutdown: @escaping @Sendable () async -> Void = {}
    ) {
        self.operations = operations
        self.sources = sources
        self.regions = regions
        self.sizes = sizes
        self.register = register
        self.interceptors = interceptors
        self.authenticator = authenticator
        self.recorder = recorder
        self.ownQuota = ownQuota
        self.secrets = secrets
        self.routes = routes
        self.services = services
        self.shutdown = shutdown
    }
}
