public import AuraModel
public import DriverKit
internal import DriverREST
public import HTTPClient
internal import Locking
public import Logging

/// A driver for machines at Hetzner Cloud, over its REST API.
///
/// The facts (endpoints, codes, limits) come from Hetzner's documentation and from its official Go and Python clients.
/// The server's name is the idempotency key, because the API has no other. So a `uniqueness_error` or a lost reply of a
/// creation is ambiguous, and the caller looks for the name. The driver retries reads when the official clients retry
/// them. It never retries a call that changes something.
///
/// A call that changes something may still wait for the rate limit or for a connection when its task is cancelled. It
/// then fails with the code `cancelled` and was not sent. A call that was sent continues to its end.
public final class HetznerCompute: ComputeDriver {
    let settings: HetznerSettings
    let api: RESTClient
    let gatherer: ActionGatherer
    let firewall: FirewallCache
    let log: Logger
    let time: any TimeSource
    /// The catalogue as of the last ``check(image:isOurs:)``.
    let catalogue = Locked<Catalogue?>(nil)

    /// Creates a driver.
    ///
    /// `shared` is the project's rate limit, counted by all daemons together.
    public init(
        settings: HetznerSettings, http: any HTTPTransport, shared: (any SharedBudget)? = nil, time: any TimeSource,
        random: any RandomSource, log: Logger
    ) {
        let api = RESTClient.hetzner(settings, http: http, shared: shared, time: time, random: random, log: log)
        self.settings = settings
        self.api = api
        self.log = log
        self.time = time
        gatherer = ActionGatherer(window: settings.actionWindow, time: time) { ids in await api.actions(ids) }
        firewall = FirewallCache(lifetime: settings.firewallCacheLifetime, time: time)
    }

    public func placements(region: String, size: String) -> [Placement] {
        settings.placements[region]?[size] ?? []
    }

    public func actions(ids: [String]) async throws -> [ServerAction] {
        try await gatherer.actions(ids.map { id throws(Failure) in try Self.number(id, of: "action") })
    }

    /// Parses an id as a positive integer, the form of Hetzner's ids. Throws `invalidIdentifier` with `noun`, the kind
    /// of the resource, in its message.
    static func number(_ id: String, of noun: String) throws(Failure) -> Int64 {
        guard let number = Int64(id), number > 0 else {
            throw Failure(
                .permanent, code: "invalidIdentifier",
                message: "cannot read the \(noun) id \(PlainText.clean(id, limitBytes: 40)): it is no whole number")
        }
        return number
    }
}
