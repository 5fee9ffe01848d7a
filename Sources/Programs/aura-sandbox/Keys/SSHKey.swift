import Crypto
import Foundation
import JSON

/// A public SSH key of the project.
struct SSHKey: Sendable {
    let id: Int64
    var name: String
    var labels: [String: String]
    let publicKey: String
    let fingerprint: String
    let created: Date

    /// The JSON in responses.
    var json: JSONValue {
        [
            "id": .integer(id), "name": .string(name), "fingerprint": .string(fingerprint),
            "public_key": .string(publicKey),
            "labels": .labels(labels), "created": .time(created),
        ]
    }

    /// Returns the MD5 of the key's blob in lower-case hex with colons, or `nil` if the text is not an OpenSSH public
    /// key.
    static func fingerprint(of publicKey: String) -> String? {
        let words = publicKey.split(separator: " ")
        guard words.count >= 2, let blob = Data(base64Encoded: String(words[1])), blob.count > 4 else { return nil }
        let length = blob.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard blob.count > 4 + length, blob.dropFirst(4).prefix(length).elementsEqual(words[0].utf8) else { return nil }
        return Insecure.MD5.hash(data: blob).map { String(format: "%02x", $0) }.joined(separator: ":")
    }
}

/// The keys of the project in the order of their ids.
struct SSHKeyTable: Sendable {
    private(set) var all: [SSHKey] = []

    /// Returns the key with this id, or throws 404.
    func get(_ id: Int64) throws -> SSHKey {
        guard let key = all.first(where: { $0.id == id }) else { throw APIError.notFound("SSH key", String(id)) }
        return key
    }

    /// Returns the key that a request to create a server names, or throws 422.
    func find(_ reference: Reference) throws -> SSHKey {
        guard let key = all.first(where: { reference.means(id: $0.id, name: $0.name) }) else {
            throw APIError.invalid("ssh_keys", "SSH key \(reference.text) not found")
        }
        return key
    }

    /// Adds a key. Throws 409 if its name or its blob is already used.
    mutating func insert(_ key: SSHKey) throws {
        try checkName(key.name)
        guard !all.contains(where: { $0.fingerprint == key.fingerprint }) else {
            throw APIError.taken("SSH key with the same fingerprint already exists", field: "public_key")
        }
        all.append(key)
    }

    /// Changes the name and labels.
    mutating func change(_ id: Int64, name: String?, labels: [String: String]?) throws -> SSHKey {
        guard let place = all.firstIndex(where: { $0.id == id }) else { throw APIError.notFound("SSH key", String(id)) }
        if let name, name != all[place].name {
            try checkName(name)
            all[place].name = name
        }
        if let labels { all[place].labels = labels }
        return all[place]
    }

    /// Removes a key.
    mutating func remove(_ id: Int64) throws -> SSHKey {
        guard let place = all.firstIndex(where: { $0.id == id }) else { throw APIError.notFound("SSH key", String(id)) }
        return all.remove(at: place)
    }

    private func checkName(_ name: String) throws {
        guard !name.isEmpty else { throw APIError.invalid("name", "Shorter than minimum length 1.") }
        guard !all.contains(where: { $0.name == name }) else {
            throw APIError.taken("SSH key not unique", field: "name")
        }
    }
}
