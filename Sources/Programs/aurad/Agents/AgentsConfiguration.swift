import Agents
import AuraModel
import Crypto
import DriverKit
import FeatureKit
import FoundationEssentials
import HetznerDriver
import JSON
import TailscaleDriver

/// The settings of AI-agent machines, read and checked.
struct AgentsConfiguration: Sendable {
    struct Ansible: Sendable {
        /// The path of the `ansible/` tree.
        var tree: String
        var playbook: String
    }

    /// The providers' credentials. Those in ``hetzner`` and ``tailscale`` are opened without a vault.
    var hetznerToken: CredentialSetting
    var tailscaleSecret: CredentialSetting?
    var hetzner: HetznerSettings
    var tailscale: TailscaleSettings?
    var operations: MachineSettings
    var ansible: Ansible?
    var healthUsesSSH: Bool
    var providers: ProviderWatchSettings
}

extension AgentsConfiguration {
    /// All settings of agents.
    static let declared: [Setting] =
        ["configuration.driver", "health.via"] + hetznerSettings + tailscaleSettings + ansibleSettings
        + operationsSettings + paceSettings + agentSettings + providersSettings

    /// Reads and checks the settings of agents. Throws `SettingsError`.
    static func read(_ source: SettingsSource) throws -> AgentsConfiguration {
        let token = try readHetznerToken(source)
        var hetzner = try readHetzner(source, token)
        let isConfigured = try source.choice("configuration.driver", "ansible", of: ["ansible", "none"]) == "ansible"
        let ansible = isConfigured ? try readAnsible(source) : nil
        let tailscale = isConfigured ? try readTailscale(source) : nil
        let via = try source.choice("health.via", isConfigured ? "ssh" : "http", of: ["ssh", "http"])
        guard isConfigured || via == "http" else {
            throw SettingsError(
                "cannot use health.via = ssh with configuration.driver = none: aurad holds no way in; use http")
        }
        let operations = try readOperations(source, hetzner: hetzner, tailnet: tailscale?.operations, via: via)
        if isConfigured, operations.ssh.port == (try source.number("agent.port", agentPort, in: 1...65535)) {
            throw SettingsError(
                "cannot use agent.port = \(operations.ssh.port): sshd has it (ssh.port), choose another one")
        }
        hetzner.openPorts = [operations.ssh.port]
        if via == "http", operations.health.port != operations.ssh.port {
            hetzner.openPorts.append(operations.health.port)
        }
        return AgentsConfiguration(
            hetznerToken: token, tailscaleSecret: tailscale?.secret, hetzner: hetzner, tailscale: tailscale?.driver,
            operations: operations,
            ansible: ansible, healthUsesSSH: via == "ssh", providers: try readProviders(source))
    }

    /// The settings of providers' credentials.
    var credentials: [CredentialSetting] { [hetznerToken] + [tailscaleSecret].compactMap(\.self) }

    /// Returns the configuration with credentials that are opened with the secrets of the installation. Throws
    /// `SettingsError` if it names a secret, and there is no vault.
    func opening(_ secrets: (any InstallationSecrets)?) throws -> AgentsConfiguration {
        for credential in credentials { try credential.check(secrets) }
        var configuration = self
        configuration.hetzner.token = hetznerToken.credential(secrets)
        if let tailscaleSecret { configuration.tailscale?.clientSecret = tailscaleSecret.credential(secrets) }
        return configuration
    }

    /// The default port of the agent.
    private static let agentPort = 18789

    private static let hetznerSettings: [Setting] = [
        .secret("hetzner.token"), "hetzner.endpoint", "hetzner.firewall", "hetzner.firewallName",
        "hetzner.concurrentRequests", .list("hetzner.placements"),
    ]

    private static func readHetznerToken(_ source: SettingsSource) throws -> CredentialSetting {
        try source.credential("hetzner.token", for: "the API token of the Hetzner project") { token in
            guard let expression = try? Regex(SettingPatterns.hetznerToken), token.wholeMatch(of: expression) != nil
            else {
                throw SettingsError(
                    "cannot use hetzner.token: a token has 64 letters and digits, this one has \(token.utf8.count) "
                        + "characters; copy it again")
            }
        }
    }

    private static func readHetzner(
        _ source: SettingsSource, _ token: CredentialSetting
    ) throws -> HetznerSettings {
        var settings = HetznerSettings(token: token.credential(nil))
        if let endpoint = try source.endpoint("hetzner.endpoint") { settings.endpoint = endpoint }
        settings.usesFirewall = try source.flag("hetzner.firewall", true)
        settings.firewallName = try source.text(
            "hetzner.firewallName", settings.firewallName, matching: SettingPatterns.firewallName, such: "aura-agents")
        settings.maximumConcurrentRequests = try source.number("hetzner.concurrentRequests", 16, in: 1...64)
        for line in source.list("hetzner.placements") { try add(line, to: &settings.placements) }
        return settings
    }

    /// Adds a line such as `eu-central/small=cx23@nbg1,cpx22@fsn1`. The line replaces the candidates for its region and
    /// size.
    private static func add(_ line: String, to placements: inout [String: [String: [Placement]]]) throws {
        let sides = line.split(separator: "=", maxSplits: 1)
        let target = sides.first?.split(separator: "/") ?? []
        let candidates = sides.last?.split(separator: ",").map { $0.split(separator: "@") } ?? []
        let words = target + candidates.flatMap(\.self)
        guard sides.count == 2, target.count == 2, !candidates.isEmpty, candidates.allSatisfy({ $0.count == 2 }),
            let word = try? Regex(SettingPatterns.word), words.allSatisfy({ $0.wholeMatch(of: word) != nil })
        else {
            throw SettingsError(
                "cannot use hetzner.placements with \"\(line)\": expected REGION/SIZE=TYPE@LOCATION,TYPE@LOCATION")
        }
        placements[String(target[0]), default: [:]][String(target[1])] = candidates.map {
            Placement(location: String($0[1]), serverType: String($0[0]))
        }
    }

    private static let tailscaleSettings: [Setting] = [
        "tailscale.keyLifetimeSeconds", "tailscale.endpoint", "tailscale.loginServer", .list("tailscale.tags"),
        "tailscale.enabled", "tailscale.clientId", .secret("tailscale.clientSecret"), "tailscale.ephemeralNodes",
        "tailscale.packageSource",
    ]

    private static func readTailscale(
        _ source: SettingsSource
    ) throws -> (driver: TailscaleSettings, secret: CredentialSetting, operations: TailnetSettings)? {
        let lifetime = try source.seconds("tailscale.keyLifetimeSeconds", .seconds(600), in: 60...86_400)
        let endpoint = try source.endpoint("tailscale.endpoint")
        // Only the machine connects to this address, and Tailscale's own protocol protects that connection.
        let loginServer = try source.endpoint("tailscale.loginServer", plainHosts: SettingsSource.isPrivate) ?? ""
        let tags = source.list("tailscale.tags")
        for tag in tags { _ = try SettingsSource.check(tag, "tailscale.tags", SettingPatterns.tag, "[tag:aura-vm]") }
        guard Set(tags).count == tags.count else {
            throw SettingsError("cannot use tailscale.tags: a tag is there twice; keep one of the two")
        }
        guard try source.flag("tailscale.enabled", source.text("tailscale.clientId") != nil) else { return nil }
        guard !tags.isEmpty else {
            throw SettingsError("cannot use tailscale.tags: name the tags of new machines, such as [tag:aura-vm]")
        }
        let id = try source.requiredText("tailscale.clientId", for: "it is the id of the OAuth client")
        let secret = try readClientSecret(source)
        var driver = TailscaleSettings(
            clientID: try SettingsSource.check(id, "tailscale.clientId", SettingPatterns.clientID, "kAbCdEf1CNTRL"),
            clientSecret: secret.credential(nil), tags: tags)
        if let endpoint { driver.endpoint = endpoint }
        driver.ephemeralNodes = try source.flag("tailscale.ephemeralNodes", false)
        let packageSource = try source.choice(
            "tailscale.packageSource", "repository", of: ["repository", "preinstalled"])
        let variables: JSONObject = [
            "tailnet_enabled": true, "tailnet_tags": .array(tags.map { .string($0) }),
            "tailnet_login_server": .string(loginServer),
            "tailnet_package_source": .string(packageSource),
        ]
        return (driver, secret, TailnetSettings(variables: variables, keyLifetime: lifetime))
    }

    private static func readClientSecret(_ source: SettingsSource) throws -> CredentialSetting {
        try source.credential("tailscale.clientSecret", for: "the secret of the OAuth client") { secret in
            for wrong in ["tskey-api-", "tskey-auth-"] where secret.hasPrefix(wrong) {
                throw SettingsError(
                    "cannot use tailscale.clientSecret: it is a key of the kind \(wrong)…; "
                        + "make an OAuth client, whose secret starts with tskey-client-")
            }
        }
    }

    private static let ansibleSettings: [Setting] = ["configuration.tree", "configuration.playbook"]

    private static func readAnsible(_ source: SettingsSource) throws -> Ansible {
        let tree = source.text("configuration.tree") ?? "/usr/share/aura/ansible"
        guard FileManager.default.fileExists(atPath: tree + "/playbooks/configure.yml") else {
            throw SettingsError("cannot find configuration.tree = \(tree): it has to be the ansible directory of Aura")
        }
        let playbook = source.text("configuration.playbook") ?? "ansible-playbook"
        guard let found = ExecutablePath.find(playbook) else {
            throw SettingsError(
                "cannot find configuration.playbook = \(playbook): install ansible-core (make setup does) or give its path"
            )
        }
        return Ansible(tree: tree, playbook: found)
    }

    private static let operationsSettings: [Setting] = [
        "hetzner.image", "health.port", "ssh.user", "ssh.port", "configuration.runs",
    ]

    private static func readOperations(
        _ source: SettingsSource, hetzner: HetznerSettings, tailnet: TailnetSettings?, via: String
    ) throws -> MachineSettings {
        let port = try source.number("agent.port", agentPort, in: 1...65535)
        return MachineSettings(
            regions: hetzner.placements.keys.sorted(),
            sizes: Set(hetzner.placements.values.flatMap(\.keys)).sorted(),
            image: try source.text("hetzner.image", "debian-12", matching: SettingPatterns.image, such: "debian-12"),
            agent: try readAgent(source, port: port),
            tailnet: tailnet,
            health: HealthSettings(port: try source.number("health.port", port, in: 1...65535), usesSSH: via == "ssh"),
            ssh: LoginSettings(
                user: try source.text("ssh.user", "root", matching: SettingPatterns.userName, such: "root"),
                port: try source.number("ssh.port", 22, in: 1...65535)),
            pace: try readPace(source),
            configurationRuns: try source.number("configuration.runs", 4, in: 1...256))
    }

    private static let paceSettings: [Setting] = [
        "pace.actionPollSeconds", "pace.bootPollSeconds", "pace.healthPollSeconds", "pace.bootLimitSeconds",
        "pace.refusalPatienceSeconds", "pace.shutdownGraceSeconds", "configuration.limitSeconds",
    ]

    private static func readPace(_ source: SettingsSource) throws -> Pace {
        let standard = Pace()
        return Pace(
            actionPoll: try source.seconds("pace.actionPollSeconds", standard.actionPoll, in: 0.05...60),
            bootPoll: try source.seconds("pace.bootPollSeconds", standard.bootPoll, in: 0.05...60),
            healthPoll: try source.seconds("pace.healthPollSeconds", standard.healthPoll, in: 0.05...60),
            bootLimit: try source.seconds("pace.bootLimitSeconds", standard.bootLimit, in: 1...7200),
            refusalPatience: try source.seconds(
                "pace.refusalPatienceSeconds", standard.refusalPatience, in: 0...3600),
            shutdownGrace: try source.seconds("pace.shutdownGraceSeconds", standard.shutdownGrace, in: 0...600),
            configurationLimit: try source.seconds(
                "configuration.limitSeconds", standard.configurationLimit, in: 10...7200))
    }

    private static let agentSettings: [Setting] = [
        "agent.port", "agent.source", "agent.archive", "agent.archiveSha256", "agent.integrity", "agent.version",
        "agent.bind", "agent.environmentFile",
    ]

    /// Returns the digest that the settings pin. Without one, returns the file's own digest, which only protects its
    /// transfer to the machine.
    private static func archiveDigest(_ source: SettingsSource, _ archive: String) throws -> String {
        let pinned = try source.text(
            "agent.archiveSha256", "", matching: SettingPatterns.sha256, such: "64 hexadecimal digits")
        if !pinned.isEmpty { return pinned }
        guard !archive.isEmpty else { return "" }
        guard let bytes = FileManager.default.contents(atPath: archive) else {
            throw SettingsError("cannot read agent.archive = \(archive): check that it is aurad's to read")
        }
        return SHA256.hash(data: bytes).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    private static func readAgent(_ source: SettingsSource, port: Int) throws -> AgentSettings {
        let origin = try source.choice("agent.source", "npm", of: ["npm", "archive"])
        let archive = source.text("agent.archive") ?? ""
        guard origin != "archive" || !archive.isEmpty else {
            throw SettingsError("cannot find agent.archive: agent.source = archive needs the path of the agent's .tgz")
        }
        if origin == "archive", !FileManager.default.fileExists(atPath: archive) {
            throw SettingsError("cannot find agent.archive = \(archive): it has to be the agent's .tgz")
        }
        let integrity = try source.text(
            "agent.integrity", "", matching: SettingPatterns.integrity,
            such: "sha512-… (npm view openclaw@VERSION dist.integrity)")
        guard origin == "npm" || integrity.isEmpty else {
            throw SettingsError(
                "cannot use agent.integrity with agent.source = archive: agent.archiveSha256 pins an archive")
        }
        let variables: JSONObject = [
            "agent_source": .string(origin), "agent_archive": .string(archive), "agent_integrity": .string(integrity),
            "agent_archive_sha256": .string(try archiveDigest(source, archive)),
            "agent_version": .string(
                try source.text(
                    "agent.version", "2026.8.1", matching: SettingPatterns.agentVersion,
                    such: "2026.8.1, an exact version")),
            "agent_port": .integer(Int64(port)),
            "agent_bind": .string(try source.choice("agent.bind", "loopback", of: ["loopback", "lan"])),
        ]
        return AgentSettings(
            variables: variables,
            environment: try source.text("agent.environmentFile").map(EnvironmentFile.read) ?? [:])
    }

    private static let providersSettings: [Setting] = ["providers.check", "providers.everySeconds"]

    private static func readProviders(_ source: SettingsSource) throws -> ProviderWatchSettings {
        let standard = ProviderWatchSettings()
        return ProviderWatchSettings(
            isEnabled: try source.flag("providers.check", standard.isEnabled),
            interval: try source.seconds("providers.everySeconds", standard.interval, in: 1...(30 * 86_400)))
    }
}
