public import AuraModel
public import DriverKit
public import HTTPClient
public import Logging
public struct TailscaleSettings: Sendable { public var clientID: String; public var clientSecret: Secret; public var tags: [String]; public var endpoint = ""; public var ephemeralNodes = false
 public init(clientID: String, clientSecret: Secret, tags: [String]) { self.clientID = clientID; self.clientSecret = clientSecret; self.tags = tags } }
public struct TailscaleNetwork: NetworkDriver {
 public init(settings: TailscaleSettings, http: any HTTPTransport, time: any TimeSource, log: Logger) {}
    public func mintKey(_ specification: EnrolmentKeySpecification) async throws -> EnrolmentKey { throw CancellationError() }
    public func revokeKey(id: String) async throws {}
    public func device(nodeID: String) async throws -> NetworkDevice? {nil}
    public func devices(hostname: String) async throws -> [NetworkDevice] {[]}
    public func deleteDevice(nodeID: String) async throws {}
}
