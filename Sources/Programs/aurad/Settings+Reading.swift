import AuraAPI
import AuraModel
import FeatureKit
import Gateway
import HTTPClient
import JSONRPC
import Jobs
import RPCService
import RPCTransport
import Reconciliation
import TLS

extension Settings {
    /// The settings of the daemon itself. Each feature declares its own.
    static let declared: [Setting] =
        wireSettings + Persistence.declared + ["log.level"] + outboundSettings + quotaSettings + engineSettings
        + retentionSettings + reconcilerSettings

    /// Reads and checks every setting, including the settings of the features. Throws `SettingsError` at the first
    /// setting that cannot be used.
    static func read(_ source: SettingsSource, features: [Feature]) throws -> Settings {
        let settings = Settings(
            wire: try readWire(source), persistence: try Persistence.read(source),
            logLevel: try source.choice(
                "log.level", "info", of: ["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            http: try readOutbound(source), features: try features.map { try $0.configure(source) },
            quota: try readQuota(source), engine: try readEngine(source), retention: try readRetention(source),
            reconciler: try readReconciler(source))
        try settings.wire.checkProofs(verifiesTokens: settings.features.contains { $0.verifiesTokens })
        return settings
    }
}

// MARK: The wire

extension Settings.Wire {
    /// Throws `SettingsError` if no caller of an address could prove who it is: there is no key that verifies a token,
    /// and no authority of client certificates.
    fileprivate func checkProofs(verifiesTokens: Bool) throws {
        guard !verifiesTokens else { return }
        for (key, address, scheme) in [("listen", listen, "tls"), ("http", http, "https")] {
            let hasCertificates = address?.isEncrypted == true && tls?.acceptsClientCertificates == true
            guard let address, !hasCertificates else { continue }
            throw SettingsError(
                "cannot use \(key) = \(address.text(scheme: scheme)) without a key file, since callers there prove by a "
                    + "token who they are: make one with aura vault init --out FILE and set vault.keyFile")
        }
    }
}

extension Settings {
    private static let wireSettings: [Setting] =
        [
            "socket", "socketGroup", "listen", "http", .list("origins"), "limits.connections",
            "limits.connectionsPerUser", "limits.connectionsPerAddress", "limits.connectionsPerPrincipal",
            "limits.subscriptions", "limits.subscriptionsPerUser", "limits.subscriptionsPerPrincipal",
        ] + TLSFiles.declared

    private static func readWire(_ source: SettingsSource) throws -> Wire {
        let standard = RPCLimits()
        var limits = standard
        limits.connections = try source.number("limits.connections", standard.connections, in: 1...100_000)
        limits.connectionsPerUser = try source.number(
            "limits.connectionsPerUser", standard.connectionsPerUser, in: 1...100_000)
        limits.connectionsPerAddress = try source.number(
            "limits.connectionsPerAddress", RPCLimits.connectionsPerAddress(of: limits.connections), in: 1...100_000)
        limits.connectionsPerPrincipal = try source.number(
            "limits.connectionsPerPrincipal", standard.connectionsPerPrincipal, in: 1...100_000)
        limits.subscriptions = try source.number("limits.subscriptions", standard.subscriptions, in: 1...1_000_000)
        limits.subscriptionsPerUser = try source.number(
            "limits.subscriptionsPerUser", standard.subscriptionsPerUser, in: 1...1_000_000)
        limits.subscriptionsPerPrincipal = try source.number(
            "limits.subscriptionsPerPrincipal", standard.subscriptionsPerPrincipal, in: 1...1_000_000)
        let listen = try TCPAddress.read(source, "listen", scheme: "tls")
        let http = try TCPAddress.read(source, "http", scheme: "https")
        let isEncrypted = [listen, http].contains { $0?.isEncrypted ?? false }
        return Wire(
            socket: try readSocket(source), socketAccess: try SocketGroup.read(source), listen: listen, http: http,
            tls: try TLSFiles.read(source, isUsed: isEncrypted, now: SystemTime().now().milliseconds / 1000),
            origins: try readOrigins(source), limits: limits)
    }

    private static func readOrigins(_ source: SettingsSource) throws -> [String] {
        let origins = source.list("origins")
        for origin in origins where !OriginPolicy.isOrigin(origin) {
            throw SettingsError(
                "cannot use origins = \(origin): each has to be scheme://host[:port], such as https://console.example.com"
            )
        }
        return origins
    }

    /// Returns the socket's path. The setting is a path, or `unix:PATH` as clients write it.
    private static func readSocket(_ source: SettingsSource) throws -> String {
        let text = source.text("socket") ?? "/run/aura/aurad.sock"
        if text.hasPrefix("tcp:") {
            throw SettingsError("cannot use socket = \(text): it names a file; set listen to serve TCP")
        }
        let path = text.hasPrefix("unix:") ? String(text.dropFirst("unix:".count)) : text
        guard !path.isEmpty else { throw SettingsError("cannot use socket = \(text): expected PATH or unix:PATH") }
        guard !TrustedDirectory.isDirectory(path) else {
            throw SettingsError("cannot use socket = \(text): it is a directory, give the path of the socket itself")
        }
        let most = ListenAddress.unixPathLimitBytes
        guard path.utf8.count <= most else {
            throw SettingsError(
                "cannot use socket = \(text): its path has \(path.utf8.count) bytes and must have 1 to \(most), choose a shorter one"
            )
        }
        return path
    }
}

// MARK: Calls to providers

extension Settings {
    /// `hetzner.certificateAuthorityFile` is the older name of `outbound.certificateAuthorityFile`.
    private static let outboundSettings: [Setting] = [
        "outbound.certificateAuthorityFile", "hetzner.certificateAuthorityFile", "outbound.proxy",
    ]

    private static func readOutbound(_ source: SettingsSource) throws -> HTTPClientSettings {
        HTTPClientSettings(
            userAgent: "aurad/\(AuraVersion.text)", certificateAuthorityFile: try readCertificateAuthority(source),
            proxy: try source.endpoint("outbound.proxy", plainHosts: { _ in true }))
    }

    /// Returns the path of a file with trusted certificates, which replace the system's for all calls to providers. The
    /// older setting still works.
    private static func readCertificateAuthority(_ source: SettingsSource) throws -> String? {
        for key in ["outbound.certificateAuthorityFile", "hetzner.certificateAuthorityFile"] {
            guard let path = source.text(key) else { continue }
            let text = try PersonalFile.read(path, key: key, isSecret: false)
            guard text.contains("-----BEGIN CERTIFICATE-----"), text.contains("-----END CERTIFICATE-----") else {
                throw SettingsError("cannot use \(path), which \(key) names: it has no certificate in PEM form")
            }
            return path
        }
        return nil
    }
}

// MARK: Instances and jobs

extension Settings {
    private static let quotaSettings: [Setting] = [
        "limits.instancesPerTenant", "limits.instances", "limits.jobsInFlightPerTenant",
    ]

    private static func readQuota(_ source: SettingsSource) throws -> InstanceQuota {
        InstanceQuota(
            perTenant: try source.number("limits.instancesPerTenant", 10, in: 1...1_000_000),
            total: try source.number("limits.instances", 100, in: 1...1_000_000),
            jobsPerTenant: try source.number("limits.jobsInFlightPerTenant", 20, in: 1...1_000_000))
    }

    private static let engineSettings: [Setting] = [
        "pace.retryBaseSeconds", "pace.retryCapSeconds", "pace.parkedBaseSeconds", "pace.parkedCapSeconds",
        "engine.leaseSeconds", "engine.heartbeatSeconds", "engine.workers", "limits.jobsPerTenant",
    ]

    private static func readEngine(_ source: SettingsSource) throws -> Engine {
        let base = try source.seconds("pace.retryBaseSeconds", .seconds(2), in: 0.1...60)
        let cap = try source.seconds("pace.retryCapSeconds", .seconds(300), in: 0.1...3600)
        let lease = try source.number("engine.leaseSeconds", 30, in: 6...600)
        let heartbeat = try source.number("engine.heartbeatSeconds", lease / 3, in: 1...200)
        guard heartbeat * 2 <= lease else {
            throw SettingsError(
                "cannot use engine.heartbeatSeconds = \(heartbeat): it has to be half of engine.leaseSeconds at most")
        }
        return Engine(
            workers: try source.number("engine.workers", 64, in: 1...1024), leaseSeconds: lease,
            heartbeatSeconds: heartbeat,
            jobsPerTenant: try source.optionalNumber("limits.jobsPerTenant", in: 1...100_000),
            retries: RetryPolicy(
                transient: Backoff(base: base, cap: cap), capacity: Backoff(base: min(base * 15, cap), cap: cap),
                parked: Backoff(
                    base: try source.seconds("pace.parkedBaseSeconds", Backoff.parked.base, in: 0.1...3600),
                    cap: try source.seconds("pace.parkedCapSeconds", Backoff.parked.cap, in: 0.1...86_400))))
    }

    private static let retentionSettings: [Setting] = [
        "retention.jobSeconds", "retention.eventSeconds", "retention.everySeconds",
    ]

    private static func readRetention(_ source: SettingsSource) throws -> RetentionPolicy {
        let standard = RetentionPolicy()
        let tenYears = 3650.0 * 86_400
        return RetentionPolicy(
            jobs: try source.seconds("retention.jobSeconds", standard.jobs, in: 1...tenYears),
            events: try source.seconds("retention.eventSeconds", standard.events, in: 1...tenYears),
            interval: try source.seconds("retention.everySeconds", standard.interval, in: 0.1...86_400))
    }

    private static let reconcilerSettings: [Setting] = [
        "reconciler.everySeconds", "reconciler.graceSeconds", "reconciler.quarantinesPerRun", "reconciler.reapsPerRun",
        "reconciler.enabled",
    ]

    private static func readReconciler(_ source: SettingsSource) throws -> ReconcilerSettings {
        let standard = ReconcilerSettings()
        return ReconcilerSettings(
            interval: try source.seconds("reconciler.everySeconds", standard.interval, in: 0.1...86_400),
            grace: try source.seconds("reconciler.graceSeconds", standard.grace, in: 0...(365 * 86_400)),
            quarantinesPerRun: try source.number(
                "reconciler.quarantinesPerRun", standard.quarantinesPerRun, in: 0...10_000),
            reapsPerRun: try source.number("reconciler.reapsPerRun", standard.reapsPerRun, in: 0...10_000),
            isEnabled: try source.flag("reconciler.enabled", standard.isEnabled))
    }
}

// MARK: The database and the directories

extension Settings.Persistence {
    static let declared: [Setting] = [
        "stateDirectory", "database", "postgres.listenUrl", "postgres.preparesStatements", "postgres.insecure",
        "credentialsDirectory",
    ]

    /// Reads and checks the settings of the database and of the directories. Throws `SettingsError`.
    static func read(_ source: SettingsSource) throws -> Settings.Persistence {
        let state = source.text("stateDirectory") ?? "/var/lib/aura"
        return Settings.Persistence(
            database: try DatabaseLocation(
                source.text("database") ?? "sqlite:/var/lib/aura/aura.db",
                listenURL: source.text("postgres.listenUrl"),
                preparesStatements: try source.flag("postgres.preparesStatements", true),
                allowsWeaker: try source.flag("postgres.insecure", false)),
            stateDirectory: state, credentialsDirectory: source.text("credentialsDirectory") ?? state + "/credentials")
    }
}
