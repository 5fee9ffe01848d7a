internal import Crypto
internal import SwiftASN1
internal import TLS
internal import X509

/// A certificate and its private key as texts in PEM form.
public struct IssuedPair: Sendable, Hashable {
    /// The certificate.
    public let certificate: String
    /// The private key. It is a secret.
    public let key: String
    /// The end of the certificate's life, in seconds since 1970.
    public let notAfter: Int64
}

/// The authority of an installation: it issues the certificates of its callers and daemons.
///
/// All keys are P-256 keys. All times are in seconds since 1970.
public struct Authority: Sendable {
    /// The life of an authority, in days: ten years.
    public static let lifeDays = 3650
    /// The days that a certificate may live.
    public static let issuedDays = 1...90
    /// A certificate is valid from a little before it was made, for machines whose clocks are behind.
    private static let leewaySeconds: Int64 = 300

    /// The name of the installation.
    public let installation: String
    private let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// A file that is no authority, or a certificate that cannot be renewed.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// A clause with the reason and its remedy.
        public let description: String
    }

    /// Returns the certificate and key of a new authority. Throws ``Failure`` if the name has another form than the
    /// part of a URI (``CertificateName``).
    public static func make(installation: String, now: Int64) throws -> IssuedPair {
        guard CertificateName.isPart(installation) else {
            throw Failure(
                description: "an installation's name has 1 to 48 letters, digits and . _ -, and begins with a letter "
                    + "or digit")
        }
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName {
            OrganizationName(organization)
            CommonName(installation)
        }
        let end = now + Int64(lifeDays) * 86_400
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: CertificateTime.date(now - leewaySeconds), notValidAfter: CertificateTime.date(end),
            issuer: subject, subject: subject,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: .init(key.publicKey))
            }, issuerPrivateKey: .init(key))
        return try pair(certificate, key, end)
    }

    private static let organization = "Aura"

    /// Reads an authority that ``make(installation:now:)`` has made. Throws ``Failure``.
    public init(certificate: String, key: String, now: Int64) throws {
        guard let issuer = try? Certificate(pemEncoded: certificate) else {
            throw Failure(
                description: "the authority's certificate cannot be read, look for -----BEGIN CERTIFICATE-----")
        }
        guard let signer = try? Certificate.PrivateKey(pemEncoded: key) else {
            throw Failure(description: "the authority's key cannot be read, look for -----BEGIN PRIVATE KEY-----")
        }
        guard case .isCertificateAuthority? = try? issuer.extensions.basicConstraints,
            let name = Self.commonName(of: issuer), CertificateName.isPart(name)
        else {
            throw Failure(
                description: "the certificate is no authority of an installation, make one with aura pki init")
        }
        guard issuer.publicKey == signer.publicKey else {
            throw Failure(
                description: "the authority's key belongs to another certificate, use the files of one directory")
        }
        guard now <= CertificateTime.seconds(issuer.notValidAfter) else {
            throw Failure(description: "the authority has expired, make another one with aura pki init")
        }
        self.certificate = issuer
        self.key = signer
        installation = name
    }

    private static func commonName(of certificate: Certificate) -> String? {
        for relative in certificate.subject {
            for attribute in relative where attribute.type == .RDNAttributeType.commonName {
                return String(attribute.value)
            }
        }
        return nil
    }

    /// Issues a certificate with a new key for `days` days. Throws ``Failure`` if that is too long, or longer than the
    /// authority itself is valid.
    public func issue(_ subject: CertificateSubject, days: Int, now: Int64) throws -> IssuedPair {
        guard Self.issuedDays.contains(days) else {
            throw Failure(
                description: "a certificate is valid for \(Self.issuedDays.lowerBound) to "
                    + "\(Self.issuedDays.upperBound) days")
        }
        // The whole life, with the leeway before `now`, has `days` days.
        let begin = now - Self.leewaySeconds
        let end = begin + Int64(days) * 86_400
        guard end <= CertificateTime.seconds(certificate.notValidAfter) else {
            throw Failure(
                description: "the authority ends before this certificate would, give fewer days or make another one")
        }
        let own = P256.Signing.PrivateKey()
        let authorityKey = SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier
        let issued = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(own.publicKey),
            notValidBefore: CertificateTime.date(begin), notValidAfter: CertificateTime.date(end),
            issuer: certificate.subject,
            subject: try DistinguishedName { CommonName(String(subject.label.prefix(64))) },
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([subject.usage])
                SubjectAlternativeNames(subject.names)
                SubjectKeyIdentifier(hash: .init(own.publicKey))
                AuthorityKeyIdentifier(keyIdentifier: authorityKey)
            }, issuerPrivateKey: key)
        return try Self.pair(issued, own, end)
    }

    /// The parts of a certificate that a renewal repeats.
    public struct Renewal: Sendable, Hashable {
        /// The holder.
        public let subject: CertificateSubject
        /// The life, in whole days.
        public let days: Int
    }

    /// Reads a certificate that this authority has issued, expired or not. Throws ``Failure`` for other certificates.
    public func renewal(of text: String) throws -> Renewal {
        guard let old = try? Certificate(pemEncoded: text) else {
            throw Failure(description: "it is no certificate in PEM form, look for -----BEGIN CERTIFICATE-----")
        }
        guard old.issuer == certificate.subject, certificate.publicKey.isValidSignature(old.signature, for: old) else {
            throw Failure(description: "it was issued by another authority, name that one's directory")
        }
        guard let subject = CertificateSubject(old) else {
            throw Failure(description: "it is neither a principal's nor a server's, issue a new one")
        }
        let seconds = CertificateTime.seconds(old.notValidAfter) - CertificateTime.seconds(old.notValidBefore)
        return Renewal(subject: subject, days: min(max(Int(seconds / 86_400), 1), Self.issuedDays.upperBound))
    }

    /// Returns the SHA-256 of the public key of a certificate, by which daemons deny it. Throws ``Failure``.
    public static func keyDigest(ofCertificate text: String) throws -> [UInt8] {
        guard let certificate = try? Certificate(pemEncoded: text),
            let digest = try? ClientAuthority.keyDigest(of: certificate)
        else {
            throw Failure(description: "it is no certificate in PEM form, look for -----BEGIN CERTIFICATE-----")
        }
        return digest
    }

    private static func pair(
        _ certificate: Certificate, _ key: P256.Signing.PrivateKey, _ end: Int64
    ) throws -> IssuedPair {
        IssuedPair(
            certificate: try certificate.serializeAsPEM().pemString + "\n", key: key.pemRepresentation + "\n",
            notAfter: end)
    }
}
