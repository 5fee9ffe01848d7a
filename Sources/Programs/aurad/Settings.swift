import Agents
import AuraModel
import DriverKit
import HetznerDriver
import JSON
import JSONRPC
import Jobs
import Loopback
import RPCService
import Reconciliation
import TailscaleDriver

/// The settings of a configuration, read and checked.
struct Settings: Sendable {
    struct Wire: Sendable {
        var socket: String
        /// The TCP address to serve; `nil` if TCP is not served.
        var listen: LoopbackAddress?
        /// The gateway's address; `nil` if HTTP is not served.
        var http: LoopbackAddress?
        /// The web origins that may use the gateway.
        var origins: [String] = []
        var limits = RPCLimits()
    }

    struct Machines: Sendable {
        var hetzner: HetznerSettings
        var tailscale: TailscaleSettings?
        var operations: MachineSettings
        var ansible: Ansible?
        var healthUsesSSH: Bool
    }

    struct Ansible: Sendable {
        /// The path of the `ansible/` tree.
        var tree: String
        var playbook: String
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
        /// The directory of the machines' keys. Daemons that share a database must share it too.
        var credentialsDirectory: String
    }

    var wire: Wire
    var persistence: Persistence
    var logLevel: String
    /// A file of trusted certificates that replaces the system's, for a provider behind an inspecting proxy.
    var certificateAuthorityFile: String?
    /// The proxy for all calls to providers; `nil` connects to them directly.
    var proxy: String?
    var machines: Machines
    var quota: InstanceQuota
    var engine: Engine
    var retention: RetentionPolicy
    var reconciler: ReconcilerSettings
    var providers: ProviderWatchSettings
}
