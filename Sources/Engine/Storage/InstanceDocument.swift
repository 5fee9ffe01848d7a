public import AuraModel
import JSON

/// The JSON document of an instance's row. It keeps members that this version does not know.
///
/// It is read and written without `Codable`, since every call that shows an instance reads a document, and most
/// transitions of jobs write one.
extension Instance {
    /// Decodes a row. Throws `corrupt` if this version cannot read the document.
    public init(stored document: String, id: String, desired: DesiredState) throws(StorageError) {
        do {
            guard case .object(let members) = try JSONValue(parsing: document) else {
                throw JSONDecodingError(path: "", reason: "expected an object")
            }
            self = try DocumentMembers(members: members).instance(desired)
        } catch {
            throw StorageError(
                .corrupt, "instance \(id) cannot be read, its document is not one that this version knows: \(error)")
        }
    }

    /// Returns the JSON document for the instance's row, with `otherMembers`.
    public func document() -> String {
        var json = JSONText(capacity: 1024)
        json.object { json in
            json.member("id", id)
            json.member("tenant", tenant)
            json.member("name", name)
            json.member("kind", kind)
            json.member("desired", desired)
            json.member("phase", phase)
            json.member("generation", generation)
            json.member("region", region)
            json.member("size", size)
            json.member("change", change)
            json.member("server", server)
            json.member("tailnet", tailnet)
            json.member("agentVersion", agentVersion)
            json.member("failure", failure)
            json.member("createdAt", createdAt)
            json.member("updatedAt", updatedAt)
            json.member("runningAt", runningAt)
            json.member("destroyedAt", destroyedAt)
            json.members(otherMembers)
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

/// Reads the members of a document. A member that is `null` counts as absent.
private struct DocumentMembers {
    let members: JSONObject
    /// The path of the object in the document, with a dot at its end; empty for the document itself.
    var path = ""

    /// The members that this version knows.
    private static let known: Set<String> = [
        "id", "tenant", "name", "kind", "desired", "phase", "generation", "region", "size", "change", "server",
        "tailnet", "agentVersion", "failure", "createdAt", "updatedAt", "runningAt", "destroyedAt",
    ]

    func instance(_ desired: DesiredState) throws(JSONDecodingError) -> Instance {
        var instance = Instance(
            id: InstanceID(try text("id")), tenant: TenantID(try text("tenant")), name: try text("name"),
            kind: InstanceKind(rawValue: try text("kind")), region: try text("region"), size: try text("size"),
            change: ChangeID(try text("change")), createdAt: try present("createdAt", try time("createdAt"), "a time"))
        instance.desired = desired
        instance.phase = Phase(rawValue: try text("phase"))
        instance.generation = try present("generation", members["generation"]?.intValue, "an integer")
        instance.server = try object("server").map { (server) throws(JSONDecodingError) in
            ServerFacts(
                id: try server.text("id"), name: try server.text("name"), address: try server.text("address"),
                location: try server.text("location"), type: try server.text("type"))
        }
        instance.tailnet = try object("tailnet").map { (tailnet) throws(JSONDecodingError) in
            TailnetFacts(
                nodeId: try tailnet.text("nodeId"), name: try tailnet.text("name"),
                addresses: try tailnet.texts("addresses"))
        }
        instance.agentVersion = try optionalText("agentVersion")
        if let failure = value("failure") {
            instance.failure = try JSONValueDecoder(rootName: "failure").decode(Failure.self, from: failure)
        }
        instance.updatedAt = try present("updatedAt", try time("updatedAt"), "a time")
        instance.runningAt = try time("runningAt")
        instance.destroyedAt = try time("destroyedAt")
        if members.keys.contains(where: { !Self.known.contains($0) }) {
            instance.otherMembers = members.filter { !Self.known.contains($0.key) }
        }
        return instance
    }

    private func value(_ name: String) -> JSONValue? {
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    private func present<Value>(_ name: String, _ value: Value?, _ expected: String) throws(JSONDecodingError) -> Value {
        guard let value else { throw mismatch(name, expected) }
        return value
    }

    private func mismatch(_ name: String, _ expected: String) -> JSONDecodingError {
        JSONDecodingError(
            path: path + name, reason: "expected \(expected), found \(members[name]?.excerpt ?? "nothing")")
    }

    private func text(_ name: String) throws(JSONDecodingError) -> String {
        try present(name, members[name]?.stringValue, "a string")
    }

    private func optionalText(_ name: String) throws(JSONDecodingError) -> String? {
        value(name) == nil ? nil : try text(name)
    }

    private func texts(_ name: String) throws(JSONDecodingError) -> [String] {
        let texts = members[name]?.arrayValue?.compactMap(\.stringValue)
        guard let texts, texts.count == members[name]?.arrayValue?.count else { throw mismatch(name, "strings") }
        return texts
    }

    private func time(_ name: String) throws(JSONDecodingError) -> Timestamp? {
        guard let value = value(name) else { return nil }
        return try present(name, value.stringValue.flatMap { Timestamp($0) }, "a time as RFC 3339 text")
    }

    private func object(_ name: String) throws(JSONDecodingError) -> DocumentMembers? {
        guard let value = value(name) else { return nil }
        return DocumentMembers(members: try present(name, value.objectValue, "an object"), path: "\(path)\(name).")
    }
}
