internal import NIOCore
internal import NIOSSL
internal import SwiftASN1
internal import X509

/// The files of a server's certificate.
public struct TLSFiles: Sendable, Hashable {
    /// The use of certificates by clients.
    public enum ClientCertificates: String, Sendable, Hashable, CaseIterable {
        /// A client may have no certificate. A certificate that it shows is checked.
        case optional
        /// A client without a certificate is refused.
        case required
    }

    let certificate: PEMFile
    let key: PEMFile
    let clientAuthority: PEMFile?
    let clientCertificates: ClientCertificates

    /// Names the files by their paths. Without `clientAuthority`, clients are not asked for certificates.
    public init(
        certificate: String, key: String, clientAuthority: String? = nil,
        clientCertificates: ClientCertificates = .optional
    ) {
        self.certificate = PEMFile(path: certificate, name: "tls.certificateFile")
        self.key = PEMFile(path: key, name: "tls.keyFile")
        self.clientAuthority = clientAuthority.map { PEMFile(path: $0, name: "tls.clientAuthorityFile") }
        self.clientCertificates = clientCertificates
    }

    /// True if clients can show certificates.
    public var acceptsClientCertificates: Bool { clientAuthority != nil }

    var all: [PEMFile] { [certificate, key] + [clientAuthority].compactMap(\.self) }

    /// Reads and checks the files at the time `now`, in seconds since 1970. Throws ``TLSError``.
    public func check(now: Int64) throws(TLSError) {
        _ = try ServerContext(self, now: now)
    }
}

/// The protocol that a connection speaks inside TLS. The client must ask for it by ALPN (RFC 7301).
public enum ApplicationProtocol: String, Sendable, Hashable {
    /// JSON-RPC as lines.
    case lines = "aura/1"
    /// HTTP/1.1, for the gateway.
    case http = "http/1.1"
}

/// A server's certificate and settings, as new connections use them. It never changes.
struct ServerContext: Sendable {
    let lines: NIOSSLContext
    let http: NIOSSLContext
    /// The authority for the certificates of clients; `nil` if clients are not asked for any.
    let authority: ClientAuthority?
    /// The end of the certificate's life, in seconds since 1970.
    let notAfter: Int64

    /// The time that a client has to close its side before the connection is closed without it.
    private static let closeTime = TimeAmount.seconds(1)

    /// Reads the files. Throws ``TLSError`` unless they are complete, fit and are valid at `now`.
    init(_ files: TLSFiles, now: Int64) throws(TLSError) {
        let pair = try KeyPair(certificate: files.certificate, key: files.key, for: .serverAuth, now: now)
        authority =
            if let file = files.clientAuthority { try file.authority(now: now) } else { nil }
        notAfter = pair.notAfter
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try pair.chain.map { .certificate(try NIOSSLCertificate($0)) },
                privateKey: .privateKey(try NIOSSLPrivateKey(pair.key)))
            configuration.minimumTLSVersion = .tlsv13
            configuration.shutdownTimeout = Self.closeTime
            if let authority {
                configuration.trustRoots = .certificates(try authority.certificates.map { try NIOSSLCertificate($0) })
                configuration.sendCANameList = true
                switch files.clientCertificates {
                case .optional: configuration.certificateVerification = .optionalVerification
                case .required: configuration.certificateVerification = .noHostnameVerification
                }
            }
            configuration.applicationProtocols = [ApplicationProtocol.lines.rawValue]
            lines = try NIOSSLContext(configuration: configuration)
            configuration.applicationProtocols = [ApplicationProtocol.http.rawValue]
            http = try NIOSSLContext(configuration: configuration)
        } catch {
            throw files.certificate.malformed("TLS does not accept it: \(error)")
        }
    }

    func context(for use: ApplicationProtocol) -> NIOSSLContext {
        switch use {
        case .lines: lines
        case .http: http
        }
    }
}

extension NIOSSLCertificate {
    convenience init(_ certificate: Certificate) throws {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        try self.init(bytes: serializer.serializedBytes, format: .der)
    }
}

extension NIOSSLPrivateKey {
    convenience init(_ key: Certificate.PrivateKey) throws {
        try self.init(bytes: Array(try key.serializeAsPEM().pemString.utf8), format: .pem)
    }
}
