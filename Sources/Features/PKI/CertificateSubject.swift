public import Encoding
internal import SwiftASN1
public import TLS
internal import X509

/// The holder of a certificate that an ``Authority`` issues.
public enum CertificateSubject: Sendable, Hashable {
    /// A caller: a person or a program, with the URI of its principal.
    case principal(CertificateName)
    /// A daemon, with its host names and IP addresses.
    case server([ServerName])

    /// A host name or an IP address.
    public enum ServerName: Sendable, Hashable, CustomStringConvertible {
        /// A name of the DNS, such as `aura.example.org`.
        case dns(String)
        /// An address.
        case address(IPAddress)

        /// Parses a name or an address without brackets. Returns `nil` for other texts.
        public init?(_ text: String) {
            if let address = IPAddress(text) {
                self = .address(address)
                return
            }
            let labels = text.split(separator: ".", omittingEmptySubsequences: false)
            let isName =
                text.utf8.count <= 253 && labels.allSatisfy(Self.isLabel)
                // A client would read four numbers as an address.
                && !(labels.last?.utf8.allSatisfy { (0x30...0x39).contains($0) } ?? true)
            guard isName else { return nil }
            self = .dns(text.lowercased())
        }

        private static func isLabel(_ label: Substring) -> Bool {
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || byte == 0x2D
                }
        }

        /// The name or the address.
        public var description: String {
            switch self {
            case .dns(let name): name
            case .address(let address): address.description
            }
        }
    }

    /// A short text that names the holder, for files and messages.
    public var label: String {
        switch self {
        case .principal(let name): name.principal
        case .server(let names): names.first.map(\.description) ?? "server"
        }
    }

    var names: [GeneralName] {
        switch self {
        case .principal(let name): [.uniformResourceIdentifier(name.description)]
        case .server(let names):
            names.map { name in
                switch name {
                case .dns(let name): .dnsName(name)
                case .address(let address): .ipAddress(ASN1OctetString(contentBytes: address.bytes[...]))
                }
            }
        }
    }

    var usage: ExtendedKeyUsage.Usage {
        switch self {
        case .principal: .clientAuth
        case .server: .serverAuth
        }
    }

    /// Reads the holder of a certificate of an ``Authority``. Returns `nil` for other certificates.
    init?(_ certificate: Certificate) {
        guard let names = try? certificate.extensions.subjectAlternativeNames, !names.isEmpty,
            let uses = try? certificate.extensions.extendedKeyUsage
        else { return nil }
        if uses.contains(.clientAuth), names.count == 1, case .uniformResourceIdentifier(let uri)? = names.first {
            guard let name = CertificateName(uri) else { return nil }
            self = .principal(name)
            return
        }
        let servers = names.compactMap { name -> ServerName? in
            switch name {
            case .dnsName(let text): ServerName(text)
            case .ipAddress(let bytes): IPAddress(bytes: Array(bytes.bytes)).map { .address($0) }
            default: nil
            }
        }
        guard uses.contains(.serverAuth), servers.count == names.count else { return nil }
        self = .server(servers)
    }
}
