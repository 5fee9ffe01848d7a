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

    private var directory: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Writes the tokens, the secret and then the configuration, all 0600.
    func write(endpoint: String, healthPort: Int?, tailnetPort: Int?) throws {
        try PrivateFile.write(access.token + "\n", to: "\(directory)/hetzner.token")
        try PrivateFile.write(access.readOnlyToken + "\n", to: "\(directory)/hetzner-read-only.token")
        try PrivateFile.write(access.clientSecret + "\n", to: "\(directory)/tailscale.secret")
        let text = text(endpoint: endpoint, agentPort: healthPort ?? Self.agentPort, tailnetPort: tailnetPort)
        try PrivateFile.write(text, to: path)
    }

    /// The default port of OpenClaw's gateway.
    private static let agentPort = 18_789

    /// Returns the YAML text.
    func text(endpoint: String, agentPort: Int, tailnetPort: Int?) -> String {
        let here = Self.scalar
        return """
            socket: \(here("\(directory)/aurad.sock"))
            database: \(here("sqlite:\(directory)/aura.db"))
            stateDirectory: \(here("\(directory)/state"))
            hetzner:
              endpoint: \(endpoint)/v1
              tokenFile: \(here("\(directory)/hetzner.token"))
            \(tailscale(endpoint, tailnetPort))
            configuration:
              driver: \(hosts == nil ? "none" : "ansible")\(ansible)
            agent:
            \(agent(agentPort))
            health:
              via: \(hosts == nil ? "http" : "ssh")
              port: \(agentPort)

            """
    }

    private func tailscale(_ endpoint: String, _ port: Int?) -> String {
        let common = """
              endpoint: \(endpoint)/api/v2
              clientId: \(access.clientID)
              clientSecretFile: \(Self.scalar("\(directory)/tailscale.secret"))
              tags: [tag:aura-vm]
            """
        guard let hosts else { return "tailscale:\n  enabled: false\n\(common)" }
        let loginServer = port.map { "http://\(hosts.gateway):\($0)" } ?? ""
        return "tailscale:\n\(common)\n  loginServer: \(loginServer)\n  packageSource: preinstalled"
    }

    /// The paths of the playbooks and Ansible. Without them `aurad` uses the paths of an installation.
    private var ansible: String {
        guard let repository = hosts?.repository else { return "" }
        return """

              tree: \(Self.scalar("\(repository)/ansible"))
              playbook: \(Self.scalar("\(repository)/.venv/bin/ansible-playbook"))
            """
    }

    private func agent(_ port: Int) -> String {
        guard let hosts else { return "  port: \(port)" }
        return """
              source: archive
              archive: \(Self.scalar(hosts.agentArchive))
              version: \(Self.scalar(hosts.agentVersion))
              port: \(port)
            """
    }

    /// Returns a YAML scalar: plain if that is safe, else in double quotes.
    private static func scalar(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._:-".utf8)
        if text.utf8.allSatisfy(plain.contains), !text.hasSuffix(":"), text.utf8.first != UInt8(ascii: "-") {
            return text
        }
        return String(decoding: JSONValue.string(text).bytes, as: UTF8.self)
    }
}
