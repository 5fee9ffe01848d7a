import AuraModel
import JSONRPC
import Storage

/// What parameters have to look like, beyond their types.
enum Check {
    /// Longest name of an instance: with `aura-`, eight digits and a generation it still is a DNS label.
    static let nameLimit = 40

    static func name(_ name: String) throws {
        guard isLabel(name), name.utf8.count <= nameLimit else {
            throw APIError.invalid(
                "name",
                "expected 1 to \(nameLimit) lower-case letters, digits and hyphens, with a letter first and no hyphen last"
            )
        }
    }

    static func caller(tenant: String?, key: String?, change: String?) throws {
        if let tenant, !isLabel(tenant) || tenant.utf8.count > 63 {
            throw APIError.invalid(
                "tenant", "expected 1 to 63 lower-case letters, digits and hyphens, with a letter first")
        }
        if let key { try visible(key, "idempotencyKey", limit: 255) }
        if let change { try visible(change, "change", limit: 128) }
    }

    /// An id (a UUID) or a name.
    static func reference(_ text: String, tenant: TenantID) throws -> InstanceReference {
        if text.utf8.count == 36, text.allSatisfy({ $0.isHexDigit || $0 == "-" }) { return .id(InstanceID(text)) }
        guard isLabel(text), text.utf8.count <= 63 else {
            throw APIError.invalid("instance", "expected an instance's id or name")
        }
        return .name(text, tenant: tenant)
    }

    static func visible(_ text: String, _ path: String, limit: Int) throws {
        guard (1...limit).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw APIError.invalid(path, "expected 1 to \(limit) visible ASCII characters")
        }
    }

    static func limit(_ limit: Int?) throws -> Int {
        guard let limit else { return 100 }
        guard (1...1000).contains(limit) else { throw APIError.invalid("limit", "expected 1 to 1000, found \(limit)") }
        return limit
    }

    private static func isLabel(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
        }
        guard let first = text.utf8.first, isPlain else { return false }
        return (0x61...0x7A).contains(first) && text.utf8.last != 0x2D
    }
}
