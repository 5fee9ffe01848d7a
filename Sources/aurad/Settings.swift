import AuraModel
import ControlPlane
import DriverKit
import HetznerDriver
import JSON
import JSONRPC
import Jobs
import Loopback
import TailscaleDriver

/// Everything that a configuration says, read and checked.
struct Settings: Sendable {
    struct Wire: Sendable {
        var socket: String
        /// `nil` if TCP is not served.
        var listen: LoopbackAddress?
        /// The gateway's address; `nil` if HTTP is not served.
        var http: LoopbackAddress?
        /// The web pages that may use it.
        var origins: [String] = []
        var limits = RPCLimits()
    }

    struct Machines: Sendable {
        var hetzner: HetznerSettings
        var tailscale: TailscaleSettings?
        var operations: ControlPlaneSettings
        var ansible: Ansible?
        var healthUsesSSH: Bool
    }

    struct Ansible: Sendable {
        /// The `ansible/` tree.
        var tree: String
        var playbook: String
    }

    struct Engine: Sendable {
        var workers: Int
        var leaseSeconds: Int
        var heartbeatSeconds: Int
        /// None means any number.
        var jobsPerTenant: Int?
        var retries: RetryPolicy
    }

    var wire: Wire
    var database: DatabaseLocation
    var stateDirectory: String
    /// Where the machines' keys are kept; daemons that share a database share this, too.
    var credentialsDirectory: String
    var logLevel: String
    /// A file of trusted certificates in place of the system's, for a provider behind an inspecting proxy.
    var certificateAuthorityFile: String?
    /// The proxy of all calls to providers; `nil` goes straight to them.
    var proxy: String?
    var machines: Machines
    var engine: Engine
    var retention: RetentionPolicy
    var reconciler: ReconcilerSettings
    var providers: ProviderWatchSettings
}
