public import AuraModel
import JSON

/// The JSON document of an instance's row, with the members that this version does not know.
///
/// The document is read and written without `Codable`, for speed: every call that shows an instance reads a document,
/// and most transitions of jobs write one.
extension Instance {
    /// Decodes a row. Throws `corrupt` if this version cannot read the document, or if it has another id than the row.
    init(stored document: String, id: String, desired: DesiredState, kinds: InstanceKinds) throws(StorageError) {
        do {
            self = try Instance(JSONMembers(JSONValue(parsing: document)), kinds)
            guard self.id.text == id else { throw JSONDecodingError(path: "id", reason: "is that of another instance") }
            self.desired = desired
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
            facts.value.write(to: &json)
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

extension Instance {
    /// The members that the documents of all instances may have.
    static let commonMembers: Set<String> = [
        "id", "tenant", "name", "kind", "desired", "phase", "generation", "region", "size", "change", "failure",
        "createdAt", "updatedAt", "runningAt", "destroyedAt",
    ]

    /// Reads a document. Its member `desired` is ignored, because the requested state is read from a column.
    private init(_ members: JSONMembers, _ kinds: InstanceKinds) throws(JSONDecodingError) {
        let kind: InstanceKind = try members.required("kind")
        let facts = kinds.factsType(of: kind)
        self.init(
            kind: kind, facts: AnyInstanceFacts(try facts.init(members: members)), id: try members.required("id"),
            tenant: try members.required("tenant"), name: try members.required("name"),
            region: try members.required("region"), size: try members.required("size"),
            change: try members.required("change"), createdAt: try members.required("createdAt"))
        phase = try members.required("phase")
        generation = try members.required("generation")
        failure = try members.optional("failure")
        updatedAt = try members.required("updatedAt")
        runningAt = try members.optional("runningAt")
        destroyedAt = try members.optional("destroyedAt")
        let own = facts.memberNames
        if members.all.keys.contains(where: { !Self.commonMembers.contains($0) && !own.contains($0) }) {
            otherMembers = members.all.filter { !Self.commonMembers.contains($0.key) && !own.contains($0.key) }
        }
    }
}
