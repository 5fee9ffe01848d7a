import JSON
import Yams

/// The configuration for `aurad` to use this sandbox, and the files with secrets in the same directory.
struct ConfigFile: Sendable {
    /// The settings that the configuration needs only with `--hosts podman`.
    struct Hosts: Sendable {
        /// The gateway of the machines, where they reach the control plane of the tailnet.
        var gateway: String
        var agentArchive: String
        var agentVersion: String
        /// The checkout with the playbooks and, in `.venv`, Ansible; `nil` if unknown.
        var repository: String?
    }

    let path: String
    let access: Cloud.Access
    /// The settings for real machines; `nil` if servers are only simulated.
    let hosts: Hosts?

    private var directory: String { Sandbox.directory(of: path) }

    /// Writes the tokens, the secret, the keys and then the configuration, all 0600.
    func write(endpoint: String, healthPort: Int?, tailnetPort: Int?) throws {
        try PrivateFile.write(access.token + "\n", to: "\(directory)/hetzner.token")
        try PrivateFile.write(access.readOnlyToken + "\n", to: "\(directory)/hetzner-read-only.token")
        try PrivateFile.write(access.clientSecret + "\n", to: "\(directory)/tailscale.secret")
        try PrivateFile.write(access.stripeKey + "\n", to: "\(directory)/stripe.key")
        try PrivateFile.write(access.stripeRestrictedKey + "\n", to: "\(directory)/stripe-restricted.key")
        let settings = settings(endpoint: endpoint, agentPort: healthPort ?? Self.agentPort, tailnetPort: tailnetPort)
        try PrivateFile.write(try settings.yaml(), to: path)
    }

    /// The default port of OpenClaw's gateway.
    private static let agentPort = 18_789

    private func settings(endpoint: String, agentPort: Int, tailnetPort: Int?) -> JSONValue {
        var tailscale: JSONValue = hosts == nil ? ["enabled": false] : [:]
        tailscale["endpoint"] = .string("\(endpoint)/api/v2")
        tailscale["clientId"] = .string(access.clientID)
        tailscale["clientSecretFile"] = .string("\(directory)/tailscale.secret")
        tailscale["tags"] = ["tag:aura-vm"]
        var configuration: JSONValue = ["driver": hosts == nil ? "none" : "ansible"]
        var agent: JSONValue = [:]
        if let hosts {
            tailscale["loginServer"] = tailnetPort.map { .string("http://\(hosts.gateway):\($0)") }
            tailscale["packageSource"] = "preinstalled"
            // Without these paths, `aurad` uses the paths of an installation.
            configuration["tree"] = hosts.repository.map { .string("\($0)/ansible") }
            configuration["playbook"] = hosts.repository.map { .string("\($0)/.venv/bin/ansible-playbook") }
            agent = [
                "source": "archive", "archive": .string(hosts.agentArchive), "version": .string(hosts.agentVersion),
            ]
        }
        agent["port"] = .count(agentPort)
        return [
            "socket": .string("\(directory)/aurad.sock"), "database": .string("sqlite:\(directory)/aura.db"),
            "stateDirectory": .string("\(directory)/state"),
            "hetzner": ["endpoint": .string("\(endpoint)/v1"), "tokenFile": .string("\(directory)/hetzner.token")],
            "tailscale": tailscale, "configuration": configuration, "agent": agent,
            "health": ["via": hosts == nil ? "http" : "ssh", "port": .count(agentPort)],
        ]
    }
}

extension JSONValue {
    /// Returns the value as YAML text, with members in their order.
    func yaml() throws -> String {
        let encoder = YAMLEncoder()
        encoder.options.width = -1  // no line breaks within texts
        return try encoder.encode(self)
    }
}
