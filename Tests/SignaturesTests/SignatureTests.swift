import Testing

@testable import Signatures

private func text(_ error: (any Error)?) -> String { error.map { "\($0)" } ?? "no error" }

@Suite struct StandardWebhooksTests {
    /// The vector of the specification.
    private let secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private let time: Int64 = 1_614_265_330
    private let body = Array(#"{"test": 2432232314}"#.utf8)
    private let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    private func verifier() throws -> StandardWebhooks { StandardWebhooks(secrets: [try #require(secret)]) }

    /// A request; `nil` means the value of the vector.
    private struct Request {
        var id: [String]?
        var time: [String]?
        var signature: [String]?
        var body: [UInt8]?
        var now: Int64?
    }

    private func verify(_ verifier: StandardWebhooks, _ request: Request = Request()) throws -> SignedMessage {
        let fields = [
            "webhook-id": request.id ?? [id], "webhook-timestamp": request.time ?? [String(time)],
            "webhook-signature": request.signature ?? [signature],
        ]
        return try verifier.verify(
            fields: { fields[$0] ?? [] }, body: request.body ?? body, now: request.now ?? time)
    }

    @Test func theVectorOfTheSpecificationHolds() throws {
        let fields = try #require(try verifier().fields(id: id, time: time, body: body))
        #expect(fields.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(fields.map(\.value) == [id, String(time), signature])
        #expect(try verify(verifier()) == SignedMessage(id: id, time: time))
    }

    @Test func oneOfTwoSecretsIsEnoughOnBothSides() throws {
        let (old, new) = (try #require(secret), WebhookSecret.random())
        let both = StandardWebhooks(secrets: [old, new])
        let fields = try #require(both.fields(id: id, time: time, body: body))
        #expect(fields[2].value.split(separator: " ").count == 2)
        for secrets in [[old], [new], [new, old]] {
            let verifier = StandardWebhooks(secrets: secrets)
            #expect(try verify(verifier, Request(signature: [fields[2].value])).id == id)
        }
        #expect(throws: SignatureError()) {
            try verify(StandardWebhooks(secrets: [.random()]), Request(signature: [fields[2].value]))
        }
    }

    @Test func signaturesOfOtherVersionsAreIgnored() throws {
        #expect(try verify(verifier(), Request(signature: ["v1a,AAAA \(signature) v2,xyz"])).id == id)
    }

    @Test func everyFailureIsTheSameError() throws {
        let verifier = try verifier()
        let many = Array(repeating: signature, count: 17).joined(separator: " ")
        let requests = [
            Request(id: []), Request(id: [id, id]), Request(id: [""]), Request(id: ["msg.1"]), Request(id: ["msg 1"]),
            Request(id: [String(repeating: "a", count: 257)]), Request(time: []), Request(time: ["0\(time)"]),
            Request(time: ["+\(time)"]), Request(time: ["\(time).0"]), Request(time: ["\(time + 1)"]),
            Request(time: ["99999999999999999999"]), Request(signature: []),
            Request(signature: [signature, signature]), Request(signature: [""]), Request(signature: ["v1"]),
            Request(signature: ["v1,"]), Request(signature: ["v2,\(signature.dropFirst(3))"]),
            Request(signature: [signature + " "]), Request(signature: ["\(signature)  \(signature)"]),
            Request(signature: [String(signature.dropLast())]),
            Request(signature: [signature.replacing("OE=", with: "OF=")]), Request(signature: [many]),
            Request(signature: [signature + "\n"]), Request(body: body + [0x20]), Request(body: []),
            Request(now: time + 301), Request(now: time - 301), Request(now: .min),
        ]
        for (index, request) in requests.enumerated() {
            let error = #expect(throws: SignatureError.self, "\(index)") { try verify(verifier, request) }
            #expect(text(error) == text(SignatureError()))
        }
        #expect(try verify(verifier, Request(now: time + 300)).time == time)
        #expect(try verify(verifier, Request(now: time - 300)).time == time)
    }

    /// `x`, `1`, `2.b` and `x.1`, `2`, `b` would be the same signed bytes.
    @Test func anIDHasNoFullStop() throws {
        let signer = try verifier()
        #expect(signer.fields(id: "x.1", time: 2, body: []) == nil)
        #expect(signer.fields(id: "", time: 2, body: []) == nil)
        #expect(signer.fields(id: "a b", time: 2, body: []) == nil)
        let fields = try #require(signer.fields(id: "x", time: 1, body: Array("2.b".utf8)))
        #expect(throws: SignatureError()) {
            try verify(
                signer,
                Request(id: ["x.1"], time: ["2"], signature: [fields[2].value], body: Array("b".utf8), now: 2))
        }
    }

    @Test(arguments: [
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ", "whsec_" + String(repeating: "AAAA", count: 22),
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ])
    func otherTextsAreNoSecrets(_ text: String) {
        #expect(WebhookSecret(text) == nil)
    }

    @Test func aSecretIsReadAsItWasWrittenAndPrintsWithoutItsBytes() throws {
        let secret = WebhookSecret.random()
        #expect(WebhookSecret(secret.text) == secret && secret != WebhookSecret.random())
        let signer = StandardWebhooks(secrets: [secret])
        let key = try #require(
            CallbackKey(installationKey: [UInt8](repeating: 7, count: 32), job: "job-1", epoch: 1))
        var dumped = ""
        dump(secret, to: &dumped)
        dump(key, to: &dumped)
        dump(signer, to: &dumped)
        dump(try #require(StripeSecret("whsec_hidden")), to: &dumped)
        for text in [dumped, "\(secret)", String(reflecting: secret), "\(key)"] {
            #expect(!text.contains(secret.text.dropFirst(6)) && !text.contains("hidden"))
            #expect(!text.contains("\(key.bytes[0]), \(key.bytes[1])") && !text.contains("- \(key.bytes[0])\n"))
        }
    }
}

@Suite struct StripeSignatureTests {
    /// Made with Stripe's scheme: HMAC-SHA256 with the whole text of the secret.
    private let secret = StripeSecret("whsec_test_secret")
    private let time: Int64 = 1_700_000_000
    private let body = Array(#"{"id":"evt_1","object":"event"}"#.utf8)
    private let signature = "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd"
    private let zeros = String(repeating: "0", count: 64)

    private func verify(
        _ values: String..., body: [UInt8]? = nil, now: Int64? = nil
    ) throws -> SignedMessage {
        let verifier = StripeSignature(secrets: [try #require(secret)])
        return try verifier.verify(
            fields: { $0 == "stripe-signature" ? values : [] }, body: body ?? self.body, now: now ?? time)
    }

    @Test func theVectorHolds() throws {
        #expect(try verify("t=\(time),v1=\(signature)") == SignedMessage(time: time))
    }

    @Test func theOrderAndTheNumberOfSignaturesAreFree() throws {
        for value in [
            "v1=\(signature),t=\(time)", "t=\(time),v1=\(zeros),v1=\(signature)",
            "v0=anything=,t=\(time),v1=\(signature),v1=\(zeros),v9=", "t=\(time),v1=\(signature),v1=\(signature)",
        ] {
            #expect(try verify(value).time == time)
        }
    }

    @Test func bothSecretsOfARotationAreValid() throws {
        let verifier = StripeSignature(secrets: [try #require(StripeSecret("whsec_new")), try #require(secret)])
        let value = "t=\(time),v1=\(signature)"
        #expect(try verifier.verify(fields: { _ in [value] }, body: body, now: time).time == time)
    }

    @Test func theToleranceHoldsOnBothSides() throws {
        let value = "t=\(time),v1=\(signature)"
        #expect(try verify(value, now: time + 300).time == time && verify(value, now: time - 300).time == time)
        #expect(throws: SignatureError()) { try verify(value, now: time + 301) }
        #expect(throws: SignatureError()) { try verify(value, now: time - 301) }
    }

    @Test func otherHeadersAreRefused() throws {
        let refused = [
            "", "t=\(time)", "v1=\(signature)", "t=\(time),v0=\(signature)", "t=\(time),v1=\(zeros)",
            "t=\(time),t=\(time),v1=\(signature)", "t=0\(time),v1=\(signature)", "t=,v1=\(signature)",
            "t=\(time),v1=\(signature.uppercased())", "t=\(time),v1=\(signature)0", "t=\(time), v1=\(signature)",
            "t=\(time),v1=\(signature),", "t=\(time),v1=\(signature),x", "t=\(time + 1),v1=\(signature)",
            "t=\(time),v1=\(signature)," + Array(repeating: "v0=1", count: 32).joined(separator: ","),
            "t=\(time)," + Array(repeating: "v1=\(signature)", count: 17).joined(separator: ","),
            "t=\(time),v1=\(signature),v0=\(String(repeating: "x", count: 4096))", "t=-1,v1=\(signature)",
        ]
        for value in refused { #expect(throws: SignatureError(), "\(value)") { try verify(value) } }
        #expect(throws: SignatureError()) { try verify("t=\(time),v1=\(signature)", body: body + [0x0A]) }
        let value = "t=\(time),v1=\(signature)"
        #expect(throws: SignatureError()) { try verify(value, value) }
        #expect(throws: SignatureError()) {
            try StripeSignature(secrets: [try #require(secret)]).verify(fields: { _ in [] }, body: body, now: time)
        }
    }

    @Test func aSecretBeginsWithItsPrefix() {
        #expect(StripeSecret("sk_test_1") == nil && StripeSecret("whsec_") == nil && StripeSecret("whsec_a b") == nil)
    }
}

@Suite struct CallbackTests {
    private let installationKey = [UInt8](0..<32)
    private let body = Array("done".utf8)
    private let now: Int64 = 1_800_000_000

    private func key(job: String = "job-1", epoch: Int64 = 3) throws -> CallbackKey {
        try #require(CallbackKey(installationKey: installationKey, job: job, epoch: epoch))
    }

    /// Computed with Python's `hmac` and the definition of HKDF (RFC 5869).
    @Test func theKeyAndTheSignatureAreThoseOfTheVector() throws {
        let key = try key()
        let bytes = "52f9db39663e7f1ff48aaa03db97685fc7bff50a1cee41ebd42f0105adbef486"
        #expect(SignatureText.hexadecimal(key.bytes) == bytes)
        let signature = "10101333de0ac21aff3ae669cde08f3334e2a08295f3b8e9aad60d7d32c05b9f"
        #expect(
            key.header(sequence: 7, time: now, body: body) == "job=job-1,epoch=3,n=7,t=1800000000,v1=\(signature)")
    }

    @Test func aCallbackIsAcceptedOnceAndInOrder() throws {
        let key = try key()
        let header = key.header(sequence: 7, time: now, body: body)
        #expect(try CallbackHeader(header).text == header)
        #expect(try CallbackHeader(header).job == "job-1")
        #expect(try key.verify([header], body: body, now: now, after: nil) == 7)
        #expect(try key.verify([header], body: body, now: now, after: 6) == 7)
        #expect(throws: SignatureError()) { try key.verify([header], body: body, now: now, after: 7) }
        #expect(throws: SignatureError()) { try key.verify([header], body: body, now: now, after: 8) }
    }

    @Test func aCallbackIsRefusedOutsideItsTime() throws {
        let key = try key()
        let header = key.header(sequence: 0, time: now, body: body)
        #expect(try key.verify([header], body: body, now: now + 300, after: nil) == 0)
        #expect(try key.verify([header], body: body, now: now - 300, after: nil) == 0)
        #expect(throws: SignatureError()) { try key.verify([header], body: body, now: now + 301, after: nil) }
        #expect(throws: SignatureError()) { try key.verify([header], body: body, now: now - 301, after: nil) }
    }

    @Test func aKeyIsForOneJobAndOneEpoch() throws {
        let header = try key().header(sequence: 1, time: now, body: body)
        for other in [try key(job: "job-2"), try key(epoch: 4), try key(job: "job-13", epoch: 0)] {
            let renamed = header.replacing("job=job-1,epoch=3", with: "job=\(other.job),epoch=\(other.epoch)")
            for value in [header, renamed] {
                #expect(throws: SignatureError()) { try other.verify([value], body: body, now: now, after: nil) }
            }
        }
    }

    @Test func otherHeadersAreRefused() throws {
        let key = try key()
        let header = key.header(sequence: 1, time: now, body: body)
        for value in [
            "", header + ",", " " + header, header.replacing("n=1", with: "n=2"), header.replacing("n=1", with: "n=01"),
            header.replacing("n=1,t=\(now)", with: "t=\(now),n=1"), header.replacing("job-1", with: "job/1"),
            header.replacing("epoch=3", with: "epoch=-3"), header.uppercased(), String(header.dropLast()),
            header.replacing("t=\(now)", with: "t=\(now + 1)"),
        ] {
            #expect(throws: SignatureError(), "\(value)") { try key.verify([value], body: body, now: now, after: nil) }
        }
        #expect(throws: SignatureError()) { try key.verify([], body: body, now: now, after: nil) }
        #expect(throws: SignatureError()) { try key.verify([header, header], body: body, now: now, after: nil) }
        #expect(throws: SignatureError()) { try key.verify([header], body: [], now: now, after: nil) }
        #expect(CallbackKey(installationKey: [1], job: "job-1", epoch: 1) == nil)
        #expect(CallbackKey(installationKey: installationKey, job: "a/b", epoch: 1) == nil)
        #expect(CallbackKey(installationKey: installationKey, job: "a", epoch: -1) == nil)
    }
}
