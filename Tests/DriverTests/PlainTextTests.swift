import AuraModel
import DriverKit
import Testing

/// Somebody else's words in our messages.
@Suite struct PlainTextTests {
    @Test func controlCharactersBecomeSpacesAndLengthIsBounded() {
        #expect(PlainText.clean("two\nlines\u{7}") == "two lines ")
        #expect(PlainText.clean("äöü", limitBytes: 4) == "äö…")
    }

    @Test func whatWasSentInConfidenceIsNotQuoted() {
        let token = Secret("k3y-0123456789")
        #expect(PlainText.clean("no: k3y-0123456789, k3y-0123456789!", hiding: [token]) == "no: [secret], [secret]!")
        #expect(PlainText.clean("no", hiding: [token]) == "no")
        #expect(PlainText.clean("k3y-0123456789", hiding: [token], limitBytes: 5) == "[secr…")
    }

    @Test func aShortTextIsNoSecret() {
        #expect(PlainText.clean("the thing", hiding: [Secret("t"), Secret("")]) == "the thing")
    }
}
