import Crypto
import Foundation
import SwiftASN1
import TestKit
import X509

/// An authority that issues certificates for tests, with any fault that a test asks for.
struct TestAuthority {
    /// The parts of a certificate. The defaults are those of a good certificate of a client.
    struct Leaf {
        var from: Int64 = -60
        var days: Int64 = 30
        var names: [GeneralName] = [.uniformResourceIdentifier("aura://test/principal/ada")]
        var isAuthority = false
        var usage: KeyUsage? = KeyUsage(digitalSignature: true)
        var uses: [ExtendedKeyUsage.Usage]? = [.clientAuth]
        var unknown: Bool?
        var issuerName: String?

        /// A certificate of the server at 127.0.0.1 and localhost.
        static let server = Leaf(
            names: [.dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))],
            uses: [.serverAuth])
    }

    struct Issued {
        let certificate: Certificate
        let key: P256.Signing.PrivateKey

        var der: [UInt8] {
            get throws {
                var serializer = DER.Serializer()
                try serializer.serialize(certificate)
                return serializer.serializedBytes
            }
        }

        var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }
        var keyPEM: String { key.pemRepresentation + "\n" }

        /// Writes the certificate and the key. Returns their paths.
        func write(to directory: TemporaryDirectory, _ name: String) throws -> (certificate: String, key: String) {
            let paths = (directory.file(name + ".pem"), directory.file(name + ".key"))
            try Self.write(try pem, paths.0, mode: 0o644)
            try Self.write(keyPEM, paths.1, mode: 0o600)
            return paths
        }

        /// Replaces a file as administrators do: by renaming a new one.
        static func write(_ text: String, _ path: String, mode: Int) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
    }

    let now: Int64
    let issued: Issued
    private let name: String

    /// - Parameter now: seconds since 1970; the present time by default.
    init(_ name: String = "authority", now: Int64 = Int64(Date().timeIntervalSince1970)) throws {
        self.name = name
        self.now = now
        let key = P256.Signing.PrivateKey()
        let subject = try Self.distinguished(name)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: Self.date(now - 86_400), notValidAfter: Self.date(now + 3650 * 86_400), issuer: subject,
            subject: subject,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 1))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: .init(key))
        issued = Issued(certificate: certificate, key: key)
    }

    func issue(_ leaf: Leaf = Leaf()) throws -> Issued {
        try Self.issue(leaf, by: issued, issuerName: leaf.issuerName ?? name, now: now)
    }

    /// Issues a certificate by any key, such as that of an intermediate.
    static func issue(_ leaf: Leaf, by issuer: Issued, issuerName: String, now: Int64) throws -> Issued {
        let key = P256.Signing.PrivateKey()
        let extensions = try Certificate.Extensions {
            if leaf.isAuthority {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            } else {
                Critical(BasicConstraints.notCertificateAuthority)
            }
            if let usage = leaf.usage { Critical(usage) }
            if let uses = leaf.uses { try ExtendedKeyUsage(uses) }
            if !leaf.names.isEmpty { SubjectAlternativeNames(leaf.names) }
            if let isCritical = leaf.unknown {
                Certificate.Extension(oid: [1, 3, 6, 1, 4, 1, 99999, 1], critical: isCritical, value: [5, 0])
            }
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: date(now + leaf.from), notValidAfter: date(now + leaf.from + leaf.days * 86_400),
            issuer: try distinguished(issuerName), subject: try distinguished("leaf"), extensions: extensions,
            issuerPrivateKey: .init(issuer.key))
        return Issued(certificate: certificate, key: key)
    }

    private static func distinguished(_ name: String) throws -> DistinguishedName {
        try DistinguishedName { CommonName(name) }
    }

    private static func date(_ seconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(seconds))
    }
}
