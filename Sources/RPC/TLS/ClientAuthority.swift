internal import Crypto
internal import FoundationEssentials
public import JSONRPC
internal import SwiftASN1
package import X509

/// The authority that issues the certificates of clients, and the rules for these certificates.
///
/// A client's certificate is issued by the authority itself, without an intermediate. It is no authority. Its key
/// usage includes `digitalSignature`, and its extended key usage `clientAuth`. It has exactly one URI, a
/// ``CertificateName``. It is valid for at most ``longestLifeSeconds``.
public struct ClientAuthority: Sendable {
    /// The longest life of a client's certificate: 90 days.
    public static let longestLifeSeconds: Int64 = 90 * 86_400

    /// The authority's certificates. During a change of the authority there are two.
    package let certificates: [Certificate]

    /// Creates an authority of its certificates.
    package init(_ certificates: [Certificate]) {
        self.certificates = certificates
    }

    /// The reason why a client's certificate is refused.
    public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// A clause whose subject is the certificate, such as `it has expired`.
        public let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    /// Checks a certificate at the time `now`, in seconds since 1970, and returns the identity in it.
    ///
    /// The caller has proved in the handshake that it has the certificate's key. Throws ``Refusal``.
    public func check(der: [UInt8], now: Int64) throws(Refusal) -> ClientCertificate {
        let leaf: Certificate
        let digest: [UInt8]
        do {
            leaf = try Certificate(derEncoded: der)
            digest = try Self.keyDigest(of: leaf)
        } catch {
            throw Refusal("it cannot be read")
        }
        try checkIssuer(of: leaf)
        try Self.checkTimes(of: leaf, now: now)
        let name: CertificateName
        do {
            try Self.checkUse(of: leaf)
            name = try Self.name(in: leaf)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal("one of its extensions cannot be read")
        }
        return ClientCertificate(
            uri: name.description, keyDigest: digest, notAfter: CertificateTime.seconds(leaf.notValidAfter))
    }

    /// Returns the SHA-256 of a certificate's public key, as SubjectPublicKeyInfo in DER.
    package static func keyDigest(of certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate.publicKey)
        return Array(SHA256.hash(data: serializer.serializedBytes))
    }

    private func checkIssuer(of leaf: Certificate) throws(Refusal) {
        let isOwn = certificates.contains { authority in
            authority.subject == leaf.issuer && authority.publicKey.isValidSignature(leaf.signature, for: leaf)
        }
        guard isOwn else { throw Refusal("it was not issued by the client authority itself") }
    }

    private static func checkTimes(of leaf: Certificate, now: Int64) throws(Refusal) {
        let (from, to) = (CertificateTime.seconds(leaf.notValidBefore), CertificateTime.seconds(leaf.notValidAfter))
        guard from <= now else { throw Refusal("it is not valid yet") }
        guard now <= to else { throw Refusal("it has expired") }
        guard to - from <= longestLifeSeconds else { throw Refusal("it is valid for more than 90 days") }
    }

    /// The critical extensions that the rules cover (RFC 5280 §4.2): basic constraints, key usage, extended key usage
    /// and alternative names. A certificate with any other critical extension must be refused.
    private static let covered: Set<ASN1ObjectIdentifier> = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
        .X509ExtensionID.subjectAlternativeName,
    ]

    private static func checkUse(of leaf: Certificate) throws {
        if leaf.extensions.contains(where: { $0.critical && !covered.contains($0.oid) }) {
            throw Refusal("it has a critical extension that is not known")
        }
        if case .isCertificateAuthority? = try leaf.extensions.basicConstraints {
            throw Refusal("it is a certificate authority")
        }
        guard let usage = try leaf.extensions.keyUsage, usage.digitalSignature else {
            throw Refusal("its key usage lacks digitalSignature")
        }
        guard !usage.keyCertSign else { throw Refusal("its key usage includes keyCertSign") }
        guard try leaf.extensions.extendedKeyUsage?.contains(.clientAuth) ?? false else {
            throw Refusal("its extended key usage lacks clientAuth")
        }
    }

    private static func name(in leaf: Certificate) throws -> CertificateName {
        let uris = try (leaf.extensions.subjectAlternativeNames ?? SubjectAlternativeNames())
            .compactMap { name -> String? in
                if case .uniformResourceIdentifier(let uri) = name { uri } else { nil }
            }
        guard uris.count == 1 else { throw Refusal("it has \(uris.count) URIs instead of one") }
        guard let name = CertificateName(uris[0]) else {
            throw Refusal("its URI is not aura://INSTALLATION/principal/ID")
        }
        return name
    }
}
