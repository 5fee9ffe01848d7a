import Encoding

@testable import Signatures

/// Fuzzes the headers of signed requests. The last byte selects the format. A header is accepted only if it contains the
/// genuine signature, and what is parsed is written and parsed alike.
enum SignatureTarget {
    private static let body = Array("{}".utf8)
    private static let time: Int64 = 1_800_000_000

    static func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes.dropLast(), as: UTF8.self)
        switch (bytes.last ?? 0) % 3 {
        case 0: checkStandard(text)
        case 1: checkStripe(text)
        default: checkCallback(text)
        }
    }

    private static func checkStandard(_ text: String) {
        let genuine = "v1,bcpS2lPYXWdccdngKpR0IAEwK1+2YfG7pgZZ8aM4RQg="
        guard let secret = WebhookSecret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX") else {
            return require(false, "the secret is malformed")
        }
        let verifier = StandardWebhooks(secrets: [secret])
        let made = verifier.fields(id: "m", time: time, body: body)?[2].value
        require(made == genuine, "the signature changed to \(made ?? "none")")
        let fields = ["webhook-id": "m", "webhook-timestamp": String(time), "webhook-signature": text]
        let message = try? verifier.verify(fields: { fields[$0].map { [$0] } ?? [] }, body: body, now: time)
        require(message == nil || text.contains(genuine), "a forged signature is accepted: \(text)")
        guard let header = try? SignatureHeader(text) else {
            return require(message == nil && text != genuine, "a malformed header is accepted: \(text)")
        }
        check(header.signatures, text)
        var written = header.text
        if Sabotage.isOn("signature"), header.signatures.count > 1 { written.removeLast() }
        require((try? SignatureHeader(written)) == header, "\(text) is written as \(written)")
    }

    private static func checkStripe(_ text: String) {
        let genuine = "v1=9d44b4a06b6425ea260b3b9c7ed7f85f4be3370eeab1fe5f4ee153abb6274fb0"
        guard let secret = StripeSecret("whsec_fuzz") else { return require(false, "the secret is malformed") }
        let verifier = StripeSignature(secrets: [secret])
        let values = ["t=\(time),\(genuine)"]
        require((try? verifier.verify(fields: { _ in values }, body: body, now: time)) != nil, "no genuine signature")
        let message = try? verifier.verify(fields: { _ in [text] }, body: body, now: time)
        require(message == nil || text.contains(genuine), "a forged signature is accepted: \(text)")
        require(message.map { text.contains("t=\($0.time)") } ?? true, "the time is not that of the header")
        guard let header = try? StripeHeader(text) else {
            return require(message == nil, "a malformed header is accepted: \(text)")
        }
        check(header.signatures, text)
        require((try? StripeHeader(header.text)) == header, "\(text) is written as \(header.text)")
    }

    private static func checkCallback(_ text: String) {
        guard let key = CallbackKey(installationKey: Array(0..<32), job: "j", epoch: 1) else {
            return require(false, "the key is malformed")
        }
        let sequence = try? key.verify([text], body: body, now: time, after: 3)
        let header = try? CallbackHeader(text)
        require(header.map { $0.text == text } ?? true, "\(text) is written as \(header?.text ?? "")")
        require(sequence == nil || header?.sequence == sequence, "a malformed header is accepted: \(text)")
        guard let sequence, let header else { return }
        require(sequence > 3 && abs(header.time - time) <= 300, "an old callback is accepted: \(text)")
        require(key.header(sequence: sequence, time: header.time, body: body) == text, "a forged callback: \(text)")
    }

    private static func check(_ signatures: [[UInt8]], _ text: String) {
        require((1...16).contains(signatures.count), "\(signatures.count) signatures: \(text)")
        require(signatures.allSatisfy { $0.count == 32 }, "a signature has another length: \(text)")
        require(text.utf8.count <= 4096, "the header is too long")
    }
}
