import AuraModel
import Testing

@Suite struct SecretTests {
    private struct Holder {
        var name = "ada"
        var token = Secret("hunter2")
        var many = [Secret("hunter2")]
        var named = ["key": Secret("hunter2")]
        var maybe: Secret? = Secret("hunter2")
    }

    private enum Choice {
        case token(Secret)
    }

    private static func dumped(_ value: Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }

    private static func reflected(_ value: Any, depth: Int = 6) -> String {
        let mirror = Mirror(reflecting: value)
        guard depth > 0 else { return "" }
        return mirror.children.map { "\($0.label ?? "-") \($0.value) " + reflected($0.value, depth: depth - 1) }
            .joined(separator: "\n")
    }

    /// No form of printing shows the text, neither of the secret alone nor of a value that contains it.
    @Test func aSecretIsNeverPrinted() {
        let secret = Secret("hunter2")
        let values: [Any] = [
            secret, Optional(secret) as Any, [secret], ["a": secret], (secret, 1), Holder(), Choice.token(secret),
            Result<Secret, any Error>.success(secret),
        ]
        for value in values {
            let texts = [
                "\(value)", String(describing: value), String(reflecting: value), Self.dumped(value),
                Self.reflected(value),
            ]
            for text in texts { #expect(!text.contains("hunter2")) }
        }
        #expect("\(secret)" == "[secret]")
        #expect(String(reflecting: secret) == "[secret]")
        #expect(Mirror(reflecting: secret).children.isEmpty)
        #expect(Self.dumped(Holder()).contains("[secret]"))
        #expect(Self.dumped(Holder()).contains("ada"))
    }

    @Test func revealReturnsTheTextOfASecret() {
        #expect(Secret("hunter2").reveal() == "hunter2")
        #expect(Secret("").isEmpty)
        #expect(!Secret("x").isEmpty)
    }

    @Test func aSecretOfBytesClearsThem() {
        var bytes = Array("hunter2".utf8)
        let secret = Secret(clearing: &bytes)
        #expect(bytes.isEmpty)
        #expect(secret.reveal() == "hunter2")
        #expect(secret.byteCount == 7)
        #expect(secret.withBytes { Array($0) } == Array("hunter2".utf8))
        var none: [UInt8] = []
        #expect(Secret(clearing: &none).isEmpty)
    }

    /// An array whose memory somebody else holds is not changed there.
    @Test func aSecretOfSharedBytesLeavesTheOtherCopy() {
        var bytes = Array("hunter2".utf8)
        let other = bytes
        #expect(Secret(clearing: &bytes).reveal() == "hunter2")
        #expect(other == Array("hunter2".utf8))
    }

    @Test func aSecretIsNeitherEncodableNorEquatable() {
        let secret: Any = Secret("hunter2")
        #expect(!(secret is any Encodable))
        #expect(!(secret is any Equatable))
    }
}
