import Encoding
import Testing

@Suite struct Base64Tests {
    /// The vectors of RFC 4648, without padding, and the two letters that differ from standard base64.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"), ("\u{3}\u{7F}?", "A38_"), ("\u{3}\u{3}>", "AwM-"),
    ])
    func bytesAndTextBelongTogether(_ bytes: String, _ text: String) {
        #expect(Base64.encodeURL(bytes.utf8) == text)
        #expect(Base64.decodeURL(text) == Array(bytes.utf8))
    }

    /// Against the encoder with padding, which is Foundation's.
    @Test func anyBytesAreEncodedAsByTheStandard() {
        var generator = SystemRandomNumberGenerator()
        for count in 0...100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let text = Base64.encodeURL(bytes)
            let standard = Base64.encode(bytes).filter { $0 != "=" }
            #expect(text == standard.replacing("+", with: "-").replacing("/", with: "_"))
            #expect(Base64.decodeURL(text) == bytes)
            #expect(Base64.decodeURL(Substring(text)) == bytes)
        }
    }

    /// Of all texts of two bytes, and of some that contain them, only one stands for the same bytes.
    @Test func bytesHaveOneText() {
        let all = (UInt8.min...UInt8.max).map { $0 }
        for first in all {
            #expect(Base64.decodeURL([first][...]) == nil)
            for second in all {
                for text in [[first, second], [first, second, 0x41], [0x41, first, second, 0x41]] {
                    guard let bytes = Base64.decodeURL(text[...]) else { continue }
                    if Array(Base64.encodeURL(bytes).utf8) != text { Issue.record("\(text) is a second text") }
                }
            }
        }
    }

    @Test(arguments: ["Zg==", "Zh", "Zm9=", "Z", "Zm9v\n", " Zm9v", "Zm9+", "Zm9/", "Zm9vé", "Zm\u{0}v", "Zm9vZ"])
    func otherTextsAreRefused(_ text: String) {
        #expect(Base64.decodeURL(text) == nil)
    }
}
