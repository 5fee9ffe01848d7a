import FoundationEssentials
import JSON

extension JSONValue {
    /// Returns a string, or null.
    static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }

    /// Returns an integer.
    static func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }

    /// Returns a time in RFC 3339 in UTC with whole seconds, as Hetzner and Tailscale write it, or null.
    static func time(_ value: Date?) -> JSONValue { .text(value?.formatted(.iso8601)) }

    /// Returns an array of strings.
    static func strings(_ values: some Sequence<String>) -> JSONValue { .array(values.map(JSONValue.string)) }

    /// Returns an object of strings, sorted by key, so that two responses about one resource have equal bytes.
    static func labels(_ values: [String: String]) -> JSONValue {
        .object(JSONObject(uniqueKeysWithValues: values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}
