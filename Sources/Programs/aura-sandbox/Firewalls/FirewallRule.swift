import JSON

/// One rule of a firewall, with the same fields in requests and responses.
struct FirewallRule: Decodable, Sendable {
    var direction: String
    var protocolName: String
    var port: String?
    var sourceIps: [String]?
    var destinationIps: [String]?
    var description: String?

    private enum CodingKeys: String, CodingKey {
        case direction, port, sourceIps, destinationIps, description
        case protocolName = "protocol"
    }

    /// The JSON in responses.
    var json: JSONValue {
        [
            "direction": .string(direction), "protocol": .string(protocolName), "port": .text(port),
            "source_ips": .strings(sourceIps ?? []), "destination_ips": .strings(destinationIps ?? []),
            "description": .text(description),
        ]
    }

    /// Throws 422 if rules exceed Hetzner's limits.
    static func check(_ rules: [FirewallRule]) throws {
        guard rules.count <= 50 else { throw APIError.invalid("rules", "Longer than maximum length 50.") }
        for (index, rule) in rules.enumerated() { try rule.check("rules.\(index)") }
    }

    private func check(_ field: String) throws {
        guard ["in", "out"].contains(direction) else {
            throw APIError.invalid("\(field).direction", "Must be one of: in, out.")
        }
        guard ["tcp", "udp", "icmp", "esp", "gre"].contains(protocolName) else {
            throw APIError.invalid("\(field).protocol", "Must be one of: tcp, udp, icmp, esp, gre.")
        }
        guard ["tcp", "udp"].contains(protocolName) ? Self.isPort(port) : port == nil else {
            throw APIError.invalid("\(field).port", "is required for tcp and udp, and not allowed for others")
        }
        guard (description?.count ?? 0) <= 255 else {
            throw APIError.invalid("\(field).description", "Longer than maximum length 255.")
        }
        let (side, addresses) = direction == "in" ? ("source_ips", sourceIps) : ("destination_ips", destinationIps)
        guard let addresses, (1...100).contains(addresses.count) else {
            throw APIError.invalid("\(field).\(side)", "Length must be between 1 and 100.")
        }
        for address in addresses where !NetworkPrefix.isValid(address) {
            throw APIError.invalid("\(field).\(side)", "'\(address)' is not a valid CIDR network address")
        }
    }

    /// True for a port (`"80"`), a range (`"1024-5000"`) or `"any"`.
    private static func isPort(_ text: String?) -> Bool {
        guard let text else { return false }
        if text == "any" { return true }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        return ends.count <= 2 && ends.allSatisfy { (1...65_535).contains($0) } && ends == ends.sorted()
    }
}
