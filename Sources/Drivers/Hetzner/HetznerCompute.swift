public import AuraModel
public import DriverKit
internal import DriverREST
public import HTTPClient
internal import Locking
public import Logging

/// Machines at Hetzner Cloud, over its REST API.
///
/// The facts (endpoints, codes, limits) were read from Hetzner's documentation and from its official Go and Python
/// clients. The server's name is the idempotency key: the API has no other, so a `uniqueness_error` or a lost answer on
/// creating is ambiguous, and the caller looks by name. Reads are repeated here where the official clients repeat them;
/// what changes something is never repeated here.
///
/// A call that changes something and is still waiting for its turn (in the rate limit or for a connection) ends with
/// the code `cancelled` when its task is cancelled: it was not sent. Once sent, it runs to its end.
public final class HetznerCompute: ComputeDriver {
    let settings: HetznerSettings
    let api: HetznerAPI
    let gatherer: ActionGatherer
    let firewall: FirewallCache
    let log: Logger
    let time: any TimeSource
    /// The catalogue that was read last.
    let catalogue = Locked<Catalogue?>(nil)

    /// - Parameter shared: the count of the project's calls that all daemons share.
    public init(
        settings: HetznerSettings, http: any HTTPTransport, shared: (any SharedBudget)? = nil, time: any TimeSource,
        random: any RandomSource, log: Logger
    ) {
        let api = HetznerAPI(settings: settings, http: http, shared: shared, time: time, random: random, log: log)
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

    /// The number that the wire wants, from the text that the rest of the house uses.
    static func number(_ id: String, of noun: String) throws(Failure) -> Int64 {
        guard let number = Int64(id), number > 0 else {
            throw Failure(
                .permanent, code: "invalidIdentifier",
                message: "cannot read the \(noun) id \(PlainText.clean(id, limitBytes: 40)): it is no whole number")
        }
        return number
    }
}
