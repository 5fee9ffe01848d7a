internal import AuraModel
public import DriverKit
internal import DriverREST
internal import HTTPClient
internal import JSON

extension HetznerCompute {
    public func key(named name: String) async throws -> ServerKey? {
        let call = RESTCall(.get, "/ssh_keys", query: [("name", name)], what: "find key \(name)")
        return try await api.send(call, as: KeysAnswer.self).keys.first { $0.name == name }.map(ServerKey.init)
    }

    public func keys(labels: [String: String]) async throws -> [ServerKey] {
        let call = RESTCall(.get, "/ssh_keys", query: Self.listing(labels), what: "list keys")
        var keys: [String: ServerKey] = [:]
        try await api.pages(call) { (page: KeysAnswer) in
            for key in page.keys.map(ServerKey.init) { keys[key.id] = key }
            return page.meta
        }
        return keys.values.sorted { $0.id < $1.id }
    }

    public func createKey(_ specification: ServerKeySpecification) async throws -> ServerKey {
        let body: JSONObject = [
            "name": .string(specification.name),
            "public_key": .string(specification.publicKey),
            "labels": .object(JSONObject(labels: specification.labels)),
        ]
        let call = RESTCall(.post, "/ssh_keys", body: .json(.object(body)), what: "create key \(specification.name)")
        return ServerKey(try await api.send(call, as: KeyAnswer.self).key)
    }

    public func deleteKey(id: String) async throws {
        let number = try Self.number(id, of: "key")
        let call = RESTCall(.delete, "/ssh_keys/\(number)", what: "delete key \(number)")
        try await api.find(call)
    }
}
