public import AuraModel
import JSON

/// The JSON document of an instance's row. It keeps members that this version does not know.
extension Instance {
    /// Decodes a row. Throws `corrupt` if this version cannot read the document.
    public init(stored document: String, id: String, desired: DesiredState) throws(StorageError) {
        do {
            let value = try JSONValue(parsing: document)
            self = try JSONValueDecoder().decode(Instance.self, from: value)
            if case .object(let members) = value {
                otherMembers = members.filter { CodingKeys(rawValue: $0.key) == nil }
            }
        } catch {
            throw StorageError(
                .corrupt, "instance \(id) cannot be read, its document is not one that this version knows: \(error)")
        }
        self.desired = desired
    }

    /// Returns the JSON document for the instance's row, with `otherMembers`.
    public func document() throws -> String {
        let value = try JSONValueEncoder().encode(self)
        guard !otherMembers.isEmpty, case .object(var members) = value else { return value.serializedString() }
        members.merge(otherMembers) { own, _ in own }
        return JSONValue.object(members).serializedString()
    }
}
