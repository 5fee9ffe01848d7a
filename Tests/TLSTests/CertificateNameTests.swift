import TLS
import Testing

@Suite struct CertificateNameTests {
    @Test func aNameIsReadFromItsURI() throws {
        let name = try #require(CertificateName("aura://4f6b0a2c91de/principal/0190-x_Y.1"))
        #expect(name.installation == "4f6b0a2c91de")
        #expect(name.principal == "0190-x_Y.1")
        #expect(name.description == "aura://4f6b0a2c91de/principal/0190-x_Y.1")
    }

    @Test(arguments: [
        "", "aura://", "aura://a/principal", "aura://a/principal/", "aura:///principal/b", "aura://a/worker/b",
        "aura://a/principal/b/", "aura://a/principal/b/c", "aura://a/principal/b?x", "aura://a:1/principal/b",
        "aura://u@a/principal/b", "aura://a/principal/b#c", "aura://a/principal/%62", "AURA://a/principal/b",
        "aura://a//b", "http://a/principal/b", "aura://-a/principal/b", "aura://a/principal/ü",
        "aura://a/principal/b\n", "aura://a/principal/b\0",
        "aura://a/principal/" + String(repeating: "b", count: 49),
    ])
    func otherURIsAreNoNames(_ uri: String) {
        #expect(CertificateName(uri) == nil)
    }
}
