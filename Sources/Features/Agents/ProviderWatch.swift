public import AuraModel
public import DriverKit
import JSON
import Locking
public import Logging
public import ServiceLifecycle
public import Storage

/// The schedule of ``ProviderWatch``.
public struct ProviderWatchSettings: Sendable, Hashable {
    public var isEnabled: Bool
    /// The time from one check to the next.
    public var interval: Duration

    public init(isEnabled: Bool = true, interval: Duration = .seconds(86_400)) {
        self.isEnabled = isEnabled
        self.interval = interval
    }
}

/// Checks the settings against the offers and permissions of the providers, before a machine costs money.
public struct ProviderCheck: Sendable {
    public let compute: any ComputeDriver
    /// The driver of the tailnet; `nil` if machines join no tailnet.
    public let network: (any NetworkDriver)?
    public let image: String
    /// The installation's id; `nil` outside a daemon. Without an id, every resource that Aura created counts as this
    /// installation's own.
    public let installation: String?

    public init(compute: any ComputeDriver, network: (any NetworkDriver)?, image: String, installation: String?) {
        self.compute = compute
        self.network = network
        self.image = image
        self.installation = installation
    }

    /// The findings, and the failures of calls to providers.
    public struct Outcome: Sendable {
        public var findings: [ProviderFinding] = []
        public var failures: [Failure] = []
    }

    /// Checks every provider, even if the check of another one fails.
    public func run() async -> Outcome {
        let installation = self.installation
        let isOurs = { @Sendable (labels: [String: String]) in
            labels[Labels.manager] == Labels.managerValue
                && (installation.map { $0 == labels[Labels.installation] } ?? true)
        }
        var outcome = Outcome()
        await collect(&outcome) { try await compute.check(image: image, isOurs: isOurs) }
        if let network { await collect(&outcome) { try await network.check() } }
        return outcome
    }

    private func collect(_ outcome: inout Outcome, _ check: () async throws -> [ProviderFinding]) async {
        do {
            outcome.findings += try await check()
        } catch {
            outcome.failures.append(
                error as? Failure
                    ?? Failure(.transient, code: "interrupted", message: "the check of a provider was broken off"))
        }
    }
}

/// Runs ``ProviderCheck`` once the daemon serves, and daily. No finding ends or delays the daemon.
///
/// Every daemon runs the check, because it reads the provider's catalogue, which the daemon uses to skip retired server
/// types. One daemon raises the alerts.
public final class ProviderWatch: Service {
    private let store: any InstanceStore & Coordination
    private let check: ProviderCheck
    private let settings: ProviderWatchSettings
    private let owner: String
    private let time: any TimeSource
    private let logger: Logger
    /// The findings for which this daemon has raised an alert, as long as its checks still have them. They raise no
    /// second alert.
    private let raised = Locked<Set<ProviderFinding>>([])

    static let code = "providerCheck"
    private static let alertsAtMost = 20
    /// The duration of the singleton lease for the check at the start. Of several daemons that start together, only one
    /// raises the alerts.
    private static let startTurn = Duration.seconds(60)

    /// `owner` is the daemon's boot id.
    public init(
        store: any InstanceStore & Coordination, check: ProviderCheck, settings: ProviderWatchSettings, owner: String,
        time: any TimeSource, logger: Logger
    ) {
        self.store = store
        self.check = check
        self.settings = settings
        self.owner = owner
        self.time = time
        self.logger = logger
    }

    public func run() async throws {
        guard settings.isEnabled else { return try await gracefulShutdown() }
        try? await cancelWhenGracefulShutdown {
            await self.look(turn: "providers.start", for: Self.startTurn)
            while !Task.isCancelled {
                try await self.time.sleep(for: self.settings.interval)
                await self.look(turn: "providers", for: self.settings.interval * 0.9)
            }
        }
    }

    /// Checks once. The daemon that takes the singleton lease `turn` raises the alerts.
    func look(turn: String, for duration: Duration) async {
        let outcome = await check.run()
        for failure in outcome.failures { logger.warning("cannot check a provider: \(failure.message)") }
        for finding in outcome.findings { logger.warning("\(finding)") }
        do {
            let request = SingletonLeaseRequest(name: turn, owner: owner, duration: duration, now: time.now())
            guard try await store.takeSingletonLease(request) else { return }
            let known = raised.withLock { $0 }
            let news = outcome.findings.filter { !known.contains($0) }.prefix(Self.alertsAtMost)
            if !news.isEmpty { _ = try await store.recordSweep(SweepRecord(events: news.map(draft))) }
            // The findings beyond the limit are raised by the next check.
            raised.withLock { $0 = known.intersection(outcome.findings).union(news) }
        } catch {
            logger.error("cannot raise the alerts of the check of the providers: \(error)")
        }
    }

    private func draft(_ finding: ProviderFinding) -> EventDraft {
        var draft = EventDraft(
            at: time.now(), type: .alertRaised, tenant: Tenant.default,
            message: "\(finding.setting): \(finding.message)")
        draft.data = [
            "code": .string(Self.code), "severity": .string(finding.severity.rawValue),
            "setting": .string(finding.setting),
        ]
        return draft
    }
}
