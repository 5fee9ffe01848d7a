import Foundation
import Testing

@testable import Signatures

/// The published Python packages `standardwebhooks` and `stripe`, in the environment that `make setup` makes.
private enum Judge {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let python: String? = {
        // Not the program that the link names: Python finds its environment by the path of the link.
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        let path = root.path + "/.venv/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    struct Message: Encodable {
        var id: String
        var time: Int64
        var body: String
        var secret: String
        var stripeSecret: String
        var fields: [String: String]
        var wrong: [String: String]
    }

    struct Verdict: Decodable {
        var accepts: Bool
        var refuses: Bool
        var signature: String
        var stripe: String
        var stripeAccepts: Bool
    }

    static func verdicts(_ messages: [Message], python: String) throws -> [Verdict] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [folder.appendingPathComponent("judge.py").path]
        let (input, output) = (FileManager.default.temporaryDirectory, Pipe())
        let file = input.appendingPathComponent("aura-judge-\(UInt64.random(in: 0 ... .max))")
        try JSONEncoder().encode(["messages": messages]).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return try JSONDecoder().decode([String: [Verdict]].self, from: data)["verdicts"] ?? []
    }
}

@Suite(.enabled(if: Judge.python != nil, "no Python environment: run make setup")) struct JudgeTests {
    /// Bodies with white space, characters beyond ASCII, and texts that look like parts of the signed message.
    private static let bodies = [
        "", "{}", #"{"id":"evt_1","object":"event"}"#, "{ \"a\" :\r\n 1 }\n", #"{"name":"Jenny Ärger 🚀"}"#,
        "1.2.3", ".", String(repeating: "x", count: 100_000), "v1,abc", "t=1,v1=00",
    ]

    @Test func theOfficialPackagesAgreeWithOurs() throws {
        let now = Int64(Date().timeIntervalSince1970)
        let (secret, other) = (WebhookSecret.random(), WebhookSecret.random())
        let signer = StandardWebhooks(secrets: [other, secret])
        let stripeSecret = "whsec_\(UInt64.random(in: 0 ... .max))"
        let messages = try Self.bodies.enumerated().map { index, body in
            let (id, time) = ("msg_\(index)", now - Int64(index) * 20)
            let fields = try #require(signer.fields(id: id, time: time, body: Array(body.utf8)))
            let wrong = try #require(
                StandardWebhooks(secrets: [other]).fields(id: id, time: time, body: Array(body.utf8)))
            return Judge.Message(
                id: id, time: time, body: body, secret: secret.text, stripeSecret: stripeSecret,
                fields: Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) }),
                wrong: Dictionary(uniqueKeysWithValues: wrong.map { ($0.name, $0.value) }))
        }
        let verdicts = try Judge.verdicts(messages, python: try #require(Judge.python))
        #expect(verdicts.count == Self.bodies.count)
        let stripe = StripeSignature(secrets: [try #require(StripeSecret(stripeSecret))])
        for (message, verdict) in zip(messages, verdicts) {
            #expect(verdict.accepts && verdict.refuses && verdict.stripeAccepts, "\(message.id)")
            let body = Array(message.body.utf8)
            let theirs = [
                "webhook-id": message.id, "webhook-timestamp": String(message.time),
                "webhook-signature": verdict.signature, "stripe-signature": verdict.stripe,
            ]
            let lookUp: (String) -> [String] = { theirs[$0].map { [$0] } ?? [] }
            #expect(try signer.verify(fields: lookUp, body: body, now: now).id == message.id)
            #expect(try stripe.verify(fields: lookUp, body: body, now: now).time == message.time)
            #expect(throws: SignatureError.self) { try signer.verify(fields: lookUp, body: body + [0x20], now: now) }
            #expect(throws: SignatureError.self) { try stripe.verify(fields: lookUp, body: body + [0x20], now: now) }
        }
    }
}
