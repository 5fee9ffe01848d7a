import JSON

/// `/ssh_keys`.
enum SSHKeyCalls {
    static let routes: [Route] = [
        Route("POST", "/v1/ssh_keys", create),
        Route("GET", "/v1/ssh_keys", list),
        Route("GET", "/v1/ssh_keys/{id}") { cloud, call in
            Answer(200, ["ssh_key": try cloud.keys.get(try call.id(of: "SSH key")).json])
        },
        Route("PUT", "/v1/ssh_keys/{id}", change),
        Route("DELETE", "/v1/ssh_keys/{id}") { cloud, call in
            let key = try cloud.keys.remove(try call.id(of: "SSH key"))
            cloud.deleted.add("sshKey", id: key.id, name: key.name)
            return .none
        },
    ]

    private struct Creation: Decodable {
        var name: String
        var publicKey: String
        var labels: [String: String]?
    }

    @Sendable private static func create(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(Creation.self)
        try Labels.check(body.labels ?? [:])
        guard let fingerprint = SSHKey.fingerprint(of: body.publicKey) else {
            throw APIError.invalid("public_key", "Invalid SSH public key.")
        }
        let key = SSHKey(
            id: cloud.ids.nextOther(), name: body.name, labels: body.labels ?? [:], publicKey: body.publicKey,
            fingerprint: fingerprint, created: cloud.now)
        try cloud.keys.check(key.name)
        guard !cloud.keys.all.contains(where: { $0.fingerprint == fingerprint }) else {
            throw APIError.taken("SSH key with the same fingerprint already exists", field: "public_key")
        }
        try cloud.keys.insert(key)
        return Answer(201, ["ssh_key": key.json])
    }

    @Sendable private static func change(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = try call.decode(NameAndLabels.self)
        try Labels.check(body.labels ?? [:])
        let key = try cloud.keys.change(try call.id(of: "SSH key"), body)
        return Answer(200, ["ssh_key": key.json])
    }

    @Sendable private static func list(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let fingerprint = call.first("fingerprint")
        return try cloud.keys.page(call, "ssh_keys", isEmpty: cloud.interference.emptiesList) {
            fingerprint == nil || fingerprint == $0.fingerprint
        }
    }
}
