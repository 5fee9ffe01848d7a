import AuraModel
import FeatureKit
import HTTPClient
import JSONRPC
import Jobs
import Logging
import RPCService
import RPCTransport
import Reconciliation
import TLS

/// The settings of a configuration, read and checked: the daemon's own, and each feature with its settings.
struct Settings: Sendable {
    struct Wire: Sendable {
        var socket: String
        /// The users that can connect to the socket.
        var socketAccess = SocketAccess.owner
        /// The TCP address to serve; `nil` if TCP is not served.
        var listen: TCPAddress?
        /// The gateway's address; `nil` if HTTP is not served.
        var http: TCPAddress?
        /// The files of the daemon's certificate; `nil` if TLS is not served.
        var tls: TLSFiles?
        /// The web origins that may use the gateway.
        var origins: [String] = []
        var limits = RPCLimits()
    }

    struct Engine: Sendable {
        var workers: Int
        var leaseSeconds: Int
        var heartbeatSeconds: Int
        /// The maximum number of a tenant's jobs in flight; `nil` means no limit.
        var jobsPerTenant: Int?
        var retries: RetryPolicy
    }

    /// The database and the directories of the daemon's files. `aurad migrate` needs no other settings.
    struct Persistence: Sendable {
        var database: DatabaseLocation
        var stateDirectory: String
        /// The directory of the machines' keys without a vault. Daemons without a key file that share a database must
        /// share it too.
        var credentialsDirectory: String
    }

    var wire: Wire
    var persistence: Persistence
    var logLevel: String
    /// The settings of HTTP clients for providers.
    var http: HTTPClientSettings
    /// The features, in the order of ``Features/all``.
    var features: [any ConfiguredFeature]
    var quota: InstanceQuota
    var engine: Engine
    var retention: RetentionPolicy
    var reconciler: ReconcilerSettings

    /// Returns the environment of the features. `owner` is the daemon's boot id.
    func environment(
        owner: String, time: any TimeSource, random: any RandomSource, logger: Logger
    ) -> FeatureEnvironment {
        FeatureEnvironment(
            owner: owner, time: time, random: random, logger: logger, stateDirectory: persistence.stateDirectory,
            credentialsDirectory: persistence.credentialsDirectory, socketPath: wire.socket, http: http,
            lease: .seconds(engine.leaseSeconds), heartbeat: .seconds(engine.heartbeatSeconds))
    }
}
