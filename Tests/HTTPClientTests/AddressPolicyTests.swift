import Encoding
import HTTPClient
import Testing

@Suite struct AddressPolicyTests {
    private static let table: [(String, AddressPolicy.Refusal?)] = [
        // The public internet.
        ("1.1.1.1", nil), ("8.8.8.8", nil), ("9.255.255.255", nil), ("11.0.0.0", nil), ("100.63.255.255", nil),
        ("100.128.0.0", nil), ("126.255.255.255", nil), ("128.0.0.0", nil), ("169.253.255.255", nil),
        ("169.255.0.0", nil), ("172.15.255.255", nil), ("172.32.0.0", nil), ("192.0.1.0", nil), ("192.0.3.0", nil),
        ("192.167.255.255", nil), ("192.169.0.0", nil), ("198.17.255.255", nil), ("198.20.0.0", nil),
        ("203.0.112.255", nil), ("223.255.255.255", nil), ("2001:200::1", nil), ("2001:4860:4860::8888", nil),
        ("2a01:4f8::1", nil), ("2606:4700::1111", nil), ("::ffff:8.8.8.8", nil), ("64:ff9b::8.8.8.8", nil),
        // This machine.
        ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("::", .unspecified), ("127.0.0.1", .loopback),
        ("127.255.255.254", .loopback), ("::1", .loopback), ("::ffff:127.0.0.1", .loopback),
        ("64:ff9b::127.0.0.1", .loopback),
        // Private and shared networks.
        ("10.0.0.0", .privateNetwork), ("10.255.255.255", .privateNetwork), ("172.16.0.1", .privateNetwork),
        ("172.31.255.255", .privateNetwork), ("192.168.0.1", .privateNetwork), ("192.168.255.255", .privateNetwork),
        ("100.64.0.0", .sharedNetwork), ("100.127.255.255", .sharedNetwork), ("fc00::1", .privateNetwork),
        ("fd7a:115c:a1e0::1", .privateNetwork), ("::ffff:10.0.0.1", .privateNetwork),
        ("64:ff9b::192.168.1.1", .privateNetwork), ("64:ff9b::100.64.0.1", .sharedNetwork),
        // Links and groups.
        ("169.254.0.1", .linkLocal), ("169.254.255.255", .linkLocal), ("fe80::1", .linkLocal),
        ("febf::1", .linkLocal), ("::ffff:169.254.1.1", .linkLocal), ("224.0.0.1", .multicast),
        ("239.255.255.255", .multicast), ("ff02::1", .multicast), ("ff0e::1", .multicast),
        // Documentation.
        ("192.0.2.1", .documentation), ("198.51.100.1", .documentation), ("203.0.113.255", .documentation),
        ("2001:db8::1", .documentation), ("3fff::1", .documentation), ("::ffff:192.0.2.1", .documentation),
        // Reserved, benchmarks, and transitions.
        ("192.0.0.1", .reserved), ("192.88.99.1", .reserved), ("198.18.0.1", .reserved), ("198.19.255.255", .reserved),
        ("240.0.0.1", .reserved), ("255.255.255.255", .reserved), ("::2", .reserved), ("::127.0.0.1", .reserved),
        ("64:ff9b:1::1", .reserved), ("100::1", .reserved), ("1fff::1", .reserved), ("4000::1", .reserved),
        ("5f00::1", .reserved), ("2001::1", .reserved), ("2001:1ff:ffff::1", .reserved), ("2002:7f00:1::1", .reserved),
        ("2002:808:808::1", .reserved), ("2002:a00:1::1", .reserved), ("fec0::1", .reserved), ("fbff::1", .reserved),
        // Metadata services.
        ("169.254.169.254", .metadata), ("169.254.170.2", .metadata), ("169.254.170.23", .metadata),
        ("169.254.42.42", .metadata), ("100.100.100.200", .metadata), ("192.0.0.192", .metadata),
        ("168.63.129.16", .metadata), ("fd00:ec2::254", .metadata), ("fd00:ec2::23", .metadata),
        ("fd20:ce::254", .metadata), ("fd00:c1::a9fe:a9fe", .metadata), ("fd00:42::42", .metadata),
        ("fe80::a9fe:a9fe", .metadata), ("::ffff:169.254.169.254", .metadata), ("64:ff9b::a9fe:a9fe", .metadata),
        ("2002:a9fe:a9fe::1", .metadata),
    ]

    @Test(arguments: table) func eachAddressHasItsVerdict(_ text: String, _ refusal: AddressPolicy.Refusal?) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressPolicy().refusal(of: address) == refusal)
    }

    private func refusal(_ text: String, allowing networks: String...) throws -> AddressPolicy.Refusal? {
        let policy = AddressPolicy(allowed: try networks.map { try #require(IPNetwork($0)) })
        return policy.refusal(of: try #require(IPAddress(text)))
    }

    @Test func anAllowedNetworkIsOpen() throws {
        #expect(try refusal("10.1.2.3", allowing: "10.1.0.0/16") == nil)
        #expect(try refusal("10.2.2.3", allowing: "10.1.0.0/16") == .privateNetwork)
        #expect(try refusal("127.0.0.1", allowing: "127.0.0.0/8") == nil)
        #expect(try refusal("::ffff:10.1.2.3", allowing: "10.1.0.0/16") == nil)
        #expect(try refusal("64:ff9b::10.1.2.3", allowing: "10.1.0.0/16") == nil)
        #expect(try refusal("fd12::1", allowing: "fd00::/8") == nil)
        #expect(try refusal("2002:a00:1::1", allowing: "2002::/16") == nil)
        #expect(try refusal("2001:db8::1", allowing: "10.0.0.0/8", "2001:db8::/32") == nil)
    }

    @Test func noNetworkOpensMetadataAndLinkLocalAddresses() throws {
        for (text, expected) in Self.table where expected == .metadata || expected == .linkLocal {
            #expect(try refusal(text, allowing: "0.0.0.0/0", "::/0") == expected, "\(text)")
        }
        for (text, expected) in Self.table where expected != .metadata && expected != .linkLocal {
            #expect(try refusal(text, allowing: "0.0.0.0/0", "::/0") == nil, "\(text)")
        }
    }
}
