import AuraModel
import DriverKit
import Testing

/// Text of other programs in our messages.
@Suite struct PlainTextTests {
    @Test func controlCharactersBecomeSpacesAndLengthIsBounded() {
        #expect(PlainText.clean("two\nlines\u{7}") == "two lines ")
        #expect(PlainText.clean("äöü", limitBytes: 4) == "äö…")
    }

    @Test func secretsAreMaskedInQuotedText() {
        let token = Secret("k3y-0123456789")
        #expect(PlainText.clean("no: k3y-0123456789, k3y-0123456789!", hiding: [token]) == "no: [secret], [secret]!")
        #expect(PlainText.clean("no", hiding: [token]) == "no")
        #expect(PlainText.clean("k3y-0123456789", hiding: [token], limitBytes: 5) == "[secr…")
    }

    @Test(arguments: ["\u{202E}", "\u{200B}", "\u{FEFF}", "\u{E0041}", "\u{2066}"])
    func formatCharactersAreRemoved(text: String) {
        #expect(PlainText.clean("a\(text)b") == "ab")
    }

    @Test(arguments: ["\u{9B}", "\u{2028}", "\u{2029}", "\u{1B}", "\u{85}", "\r\n"])
    func lineEndsAndControlsBecomeOneSpace(text: String) {
        #expect(PlainText.clean("a\(text)b") == "a b")
    }

    static let secret = "sk-ant/S3CRET+\"key\"'x"

    @Test(arguments: [
        secret, #"sk-ant/S3CRET+\"key\"'x"#, #"sk-ant/S3CRET+"key"'\''x"#, secret.uppercased(),
        "sk-ant%2FS3CRET%2B%22key%22%27x", "736b2d616e742f5333435245542b226b657922277" + "8",
        "c2stYW50L1MzQ1JFVCsia2V5Iid4", "QXNrLWFudC9TM0NSRVQrImtleSInePP",
    ])
    func aSecretIsMaskedInEveryEncoding(text: String) {
        let clean = PlainText.clean("before \(text) after", hiding: [Secret(Self.secret)])
        #expect(clean.contains("[secret]") && clean.hasPrefix("before ") && clean.hasSuffix(" after"), "\(clean)")
        #expect(!clean.lowercased().contains("s3cret") && !clean.contains("UzQ1JF"), "\(clean)")
    }

    @Test func secretsAreMaskedBeforeTheTextIsCut() {
        let long = String(repeating: "x", count: 495) + Self.secret
        #expect(!PlainText.clean(long, hiding: [Secret(Self.secret)]).contains("sk-"))
    }

    @Test func aTruncatedSecretIsMasked() {
        let redactor = Redactor([Secret("0123456789abcdef")])
        #expect(redactor.clean("ends in 0123456789ab") == "ends in [secret]")
        #expect(redactor.clean("456789abcdef starts it") == "[secret] starts it")
        #expect(redactor.clean("0123456789abcdef") == "[secret]")
    }

    @Test func tooShortSecretsAreNotMasked() {
        #expect(PlainText.clean("the thing", hiding: [Secret("t"), Secret("")]) == "the thing")
    }
}
