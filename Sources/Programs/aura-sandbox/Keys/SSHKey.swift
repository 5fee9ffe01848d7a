import Crypto
import Foundation
import JSON

/// A public SSH key of the project.
struct SSHKey: NamedResource {
    static let kind = "SSH key"

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

    static func check(_ name: String, isUsed: Bool) throws {
        guard !name.isEmpty else { throw APIError.invalid("name", "Shorter than minimum length 1.") }
        guard !isUsed else { throw APIError.taken("SSH key not unique", field: "name") }
    }
}
