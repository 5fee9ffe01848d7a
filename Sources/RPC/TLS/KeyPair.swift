internal import SwiftASN1
internal import X509

/// A certificate with its chain, and its private key.
struct KeyPair: Sendable {
    /// The certificate, followed by the certificates that issued it, each by the next.
    let chain: [Certificate]
    let key: Certificate.PrivateKey
    /// The end of the certificate's life, in seconds since 1970.
    let notAfter: Int64

    /// Reads and checks a pair. `usage` is the use that the certificate must permit, if it names any. `now` is in
    /// seconds since 1970. Throws ``TLSError``.
    init(
        certificate: PEMFile, key keyFile: PEMFile, for usage: ExtendedKeyUsage.Usage, now: Int64
    ) throws(TLSError) {
        chain = try certificate.certificates()
        key = try keyFile.privateKey()
        let leaf = chain[0]
        guard leaf.publicKey == key.publicKey else {
            throw TLSError(
                .mismatch,
                "cannot use \(certificate.path) with \(keyFile.path), the key belongs to another certificate: "
                    + "set \(certificate.name) and \(keyFile.name) to a pair")
        }
        for (issued, issuer) in zip(chain, chain.dropFirst())
        where !issuer.publicKey.isValidSignature(issued.signature, for: issued) {
            throw certificate.malformed(
                "its chain is broken; put the server's certificate first, then each issuer after what it issued")
        }
        if let uses = try? leaf.extensions.extendedKeyUsage, !uses.contains(usage), !uses.contains(.any) {
            throw certificate.malformed("its extended key usage lacks \(usage); issue one for this use")
        }
        notAfter = CertificateTime.seconds(leaf.notValidAfter)
        try certificate.checkTimes(of: leaf, now: now)
    }
}

extension PEMFile {
    /// Returns the certificates of the file, at least one. Throws ``TLSError``.
    func certificates() throws(TLSError) -> [Certificate] {
        var found: [Certificate] = []
        for document in try documents(isSecret: false) where document.discriminator == "CERTIFICATE" {
            guard let certificate = try? Certificate(pemDocument: document) else {
                throw malformed("its certificate \(found.count + 1) cannot be read")
            }
            found.append(certificate)
        }
        guard !found.isEmpty else { throw malformed("it has no certificate; look for -----BEGIN CERTIFICATE-----") }
        return found
    }

    /// Returns the private key of the file. Throws ``TLSError``.
    func privateKey() throws(TLSError) -> Certificate.PrivateKey {
        let documents = try documents(isSecret: true)
        guard let document = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) else {
            throw malformed("it has no private key; look for -----BEGIN PRIVATE KEY-----")
        }
        guard let key = try? Certificate.PrivateKey(pemDocument: document) else {
            throw malformed("its key cannot be read; it has to be an EC or RSA key without a passphrase")
        }
        return key
    }

    /// Returns the authority of the file: its certificates, each of which is valid and may issue others. Throws
    /// ``TLSError``.
    func authority(now: Int64) throws(TLSError) -> ClientAuthority {
        let certificates = try certificates()
        for certificate in certificates {
            guard case .isCertificateAuthority? = try? certificate.extensions.basicConstraints else {
                throw malformed("it has a certificate that is no authority")
            }
            try checkTimes(of: certificate, now: now)
        }
        return ClientAuthority(certificates)
    }

    func checkTimes(of certificate: Certificate, now: Int64) throws(TLSError) {
        guard CertificateTime.seconds(certificate.notValidBefore) <= now else {
            throw TLSError(
                .notValidNow,
                "cannot use \(path), which \(name) names, its time has not begun: check this machine's clock")
        }
        guard now <= CertificateTime.seconds(certificate.notValidAfter) else {
            throw TLSError(
                .notValidNow, "cannot use \(path), which \(name) names, it has expired: put a new one there")
        }
    }
}
