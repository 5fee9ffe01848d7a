import Crypto
import JSON

/// The body and the header `Stripe-Signature` of one attempt to deliver an event.
struct WebhookMessage: Sendable {
    /// The data of an attempt.
    struct Source: Sendable {
        let event: Stripe.Event
        let version: StripeVersion
        /// The secrets that are valid now, the newest first.
        let secrets: [String]
        let faults: [WebhookFault.Body]
        /// The real time in seconds since 1970.
        let time: Int64
    }

    let body: [UInt8]
    let signature: String

    /// Renders the event, makes the changes that the faults require, and signs the bytes of the body.
    init(_ source: Source) {
        var json = source.event.rendered(source.version)
        var style = JSONStyle.standard
        for fault in source.faults {
            switch fault.fault {
            case .otherLivemode: json["livemode"] = .bool(!(json["livemode"]?.boolValue ?? false))
            case .thin: json = Self.thin(source.event)
            case .oversized:
                json["padding"] = .string(String(repeating: "x", count: fault.bytes ?? 1 << 20))
            case .whitespace:
                style = .unusual
                json["note"] = "Grüße, 東京 🚀 \u{2028} \u{e9} e\u{301}"
            case .duplicate, .concurrent, .twin, .delay, .shuffle, .wrongSecret, .onlyV0, .noTime, .badHex, .oldTime,
                .futureTime, .manyPieces:
                break
            }
        }
        body = style.bytes(json)
        signature = Self.header(body, source)
    }

    /// Returns the lower-case hexadecimal HMAC-SHA256 of `TIME.BODY`; the key is the whole text of the secret.
    static func signature(_ body: [UInt8], time: Int64, secret: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(time).".utf8) + body, using: SymmetricKey(data: Array(secret.utf8)))
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Returns the header: `t`, a `v1` for each secret and, as in test mode, a `v0`, which proves nothing.
    private static func header(_ body: [UInt8], _ source: Source) -> String {
        let kinds = Set(source.faults.map(\.fault))
        var time = source.time
        for fault in source.faults {
            if fault.fault == .oldTime { time -= Int64(fault.seconds ?? 600) }
            if fault.fault == .futureTime { time += Int64(fault.seconds ?? 600) }
        }
        let secrets = kinds.contains(.wrongSecret) ? ["whsec_wrong"] : source.secrets
        let valid = secrets.map { "v1=" + signature(body, time: time, secret: $0) }
        let fake = "v0=" + signature(body, time: time, secret: "v0")
        if kinds.contains(.onlyV0) { return "t=\(time),\(fake)" }
        if kinds.contains(.noTime) { return (valid + [fake]).joined(separator: ",") }
        if kinds.contains(.badHex) { return "t=\(time),v1=not-hexadecimal,\(fake)" }
        if kinds.contains(.manyPieces) {
            let wrong = "v1=" + signature(body, time: time, secret: "whsec_wrong")
            return (["v2=abc", fake, wrong] + valid + ["scheme=x", "t=\(time)"]).joined(separator: ",")
        }
        return (["t=\(time)"] + valid + [fake]).joined(separator: ",")
    }

    private static func thin(_ event: Stripe.Event) -> JSONValue {
        [
            "id": .string(event.id), "object": "v2.core.event", "type": .string("v1." + event.type), "livemode": false,
            "created": "2026-01-01T00:00:00.000Z", "context": nil,
            "related_object": ["id": event.object.json(.account)["id"] ?? .null, "type": "unknown", "url": "/v1"],
        ]
    }
}

/// The white space of a JSON text. Stripe sends bodies with line breaks, so a receiver that verifies a text that it
/// wrote itself fails.
enum JSONStyle: Sendable {
    /// Two spaces per level.
    case standard
    /// Tabs, CRLF, spaces around colons and trailing spaces.
    case unusual

    /// Returns the text of a value.
    func bytes(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, level: 0, to: &bytes)
        if self == .unusual { bytes += Array(" \r\n\t".utf8) }
        return bytes
    }

    private func append(_ value: JSONValue, level: Int, to bytes: inout [UInt8]) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            bytes.append(UInt8(ascii: "["))
            for (place, element) in elements.enumerated() {
                breakLine(level + 1, isFirst: place == 0, to: &bytes)
                append(element, level: level + 1, to: &bytes)
            }
            breakLine(level, isFirst: true, to: &bytes)
            bytes.append(UInt8(ascii: "]"))
        case .object(let members) where !members.isEmpty:
            bytes.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                breakLine(level + 1, isFirst: place == 0, to: &bytes)
                JSONWriter.append(member.key, to: &bytes)
                bytes += Array((self == .unusual ? " :  " : ": ").utf8)
                append(member.value, level: level + 1, to: &bytes)
            }
            breakLine(level, isFirst: true, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        case .null, .bool, .integer, .double, .string, .array, .object: JSONWriter.append(value, to: &bytes)
        }
    }

    private func breakLine(_ level: Int, isFirst: Bool, to bytes: inout [UInt8]) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        switch self {
        case .standard: bytes += Array("\n".utf8) + Array(repeating: UInt8(ascii: " "), count: 2 * level)
        case .unusual: bytes += Array(" \r\n".utf8) + Array(repeating: UInt8(ascii: "\t"), count: level)
        }
    }
}
