import Encoding
import Testing

@Suite struct IPAddressTests {
    @Test func bytesAndTextGiveTheSameAddress() throws {
        #expect(IPAddress(bytes: [192, 0, 2, 7]) == IPAddress("192.0.2.7"))
        #expect(IPAddress(bytes: [0x20, 1] + [UInt8](repeating: 0, count: 13) + [5]) == IPAddress("2001::5"))
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 127, 0, 0, 1]
        #expect(IPAddress(bytes: mapped) == IPAddress("127.0.0.1"))
        #expect(IPAddress(bytes: []) == nil && IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test func aNetworkIsReadFromItsText() throws {
        let network = try #require(IPNetwork("10.1.0.0/16"))
        #expect(network.contains(try #require(IPAddress("10.1.255.1"))))
        #expect(!network.contains(try #require(IPAddress("10.2.0.0"))))
        #expect(IPNetwork("2001:db8::/32") != nil && IPNetwork("0.0.0.0/0") != nil)
        #expect(IPNetwork("192.0.2.7") == IPAddress("192.0.2.7").map { IPNetwork($0) })
    }

    @Test(arguments: [
        "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0/8",
        "::/129", "example.com/8", "10.0.0.0/-1", " 10.0.0.0/8",
    ])
    func otherTextsAreNoNetworks(_ text: String) {
        #expect(IPNetwork(text) == nil)
    }
}
