public import Gateway
public import JSONRPC
public import Jobs
public import RPCService
public import Reconciliation
public import ServiceLifecycle

/// A part of Aura that can be added or left out as a whole. `aurad` has the list of all features. The layers below the
/// features do not name any.
public struct Feature: Sendable {
    /// Adds the feature's own methods to the router.
    public typealias Registration = @Sendable (inout Router, RPCService) -> Void

    /// The name, for the log.
    public var name: String
    /// The operations on the feature's instances, with their job definitions.
    public var operations: [Operation]
    /// The resources that the feature creates at providers. The reconciler sweeps them, and `job.explain` shows them.
    public var sources: [any ResourceSource]
    /// Adds the methods that only this feature has.
    public var register: Registration
    /// The routes of the HTTP gateway that only this feature has.
    public var routes: [HTTPRoute]
    /// The services that run for as long as the daemon serves.
    public var services: [any Service]

    /// Creates a feature. A part that it does not have is empty.
    public init(
        name: String, operations: [Operation] = [], sources: [any ResourceSource] = [],
        register: @escaping Registration = { _, _ in }, routes: [HTTPRoute] = [],
        services: [any Service] = []
    ) {
        self.name = name
        self.operations = operations
        self.sources = sources
        self.register = register
        self.routes = routes
        self.services = services
    }
}
