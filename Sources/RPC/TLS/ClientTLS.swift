public import NIOCore
internal import NIOSSL
internal import X509

/// The files of a client: the authority that it trusts, and its own certificate.
public struct ClientTLSFiles: Sendable, Hashable {
    let authority: PEMFile
    let certificate: PEMFile?
    let key: PEMFile?

    /// Names the files by their paths. A client without a certificate has neither `certificate` nor `key`.
    public init(authority: String, certificate: String? = nil, key: String? = nil) {
        self.authority = PEMFile(path: authority, name: "--ca")
        self.certificate = certificate.map { PEMFile(path: $0, name: "--cert") }
        self.key = key.map { PEMFile(path: $0, name: "--key") }
    }

    /// Reads and checks the files at the time `now`, in seconds since 1970. Throws ``TLSError``.
    public func open(now: Int64) throws(TLSError) -> ClientTLS {
        let trusted = try authority.authority(now: now)
        var pair: KeyPair?
        if let certificate, let key {
            pair = try KeyPair(certificate: certificate, key: key, for: .clientAuth, now: now)
        }
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv13
            configuration.trustRoots = .certificates(try trusted.certificates.map { try NIOSSLCertificate($0) })
            configuration.applicationProtocols = [ApplicationProtocol.lines.rawValue]
            configuration.shutdownTimeout = .seconds(1)
            if let pair {
                configuration.certificateChain = try pair.chain.map { .certificate(try NIOSSLCertificate($0)) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(pair.key))
            }
            return ClientTLS(try NIOSSLContext(configuration: configuration))
        } catch {
            throw authority.malformed("TLS does not accept it: \(error)")
        }
    }
}

/// Performs the handshake of a client, which trusts only certificates of its authority for the server's name.
public struct ClientTLS: Sendable {
    private let context: NIOSSLContext

    init(_ context: NIOSSLContext) {
        self.context = context
    }

    /// A handshake that failed.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// True if the server's certificate is not trusted: another authority, another name, or expired.
        public let isDistrust: Bool
        /// The reason.
        public let description: String
    }

    /// Starts TLS on a connected channel whose handlers are in place. `host` is the name or address that the server's
    /// certificate must have. The future fails with ``Failure``. Call it on the channel's event loop.
    public func start(_ channel: any Channel, host: String, within time: TimeAmount) -> EventLoopFuture<Void> {
        let ready = channel.eventLoop.makePromise(of: Void.self)
        do {
            // An address cannot be sent as a server name (RFC 6066 §3); it is compared with the connection's.
            let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
            let tls = try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
            let handler = HandshakeHandler(
                tls, expects: .lines, within: time, check: { _ throws(HandshakeError) in nil },
                onReady: { _ in ready.succeed() }, onFailure: { ready.fail(Failure($0)) })
            try channel.pipeline.syncOperations.addHandlers([tls, handler], position: .first)
        } catch {
            ready.fail(Failure(HandshakeError(.failed, "\(error)", cause: error)))
        }
        return ready.futureResult
    }
}

extension ClientTLS.Failure {
    init(_ error: HandshakeError) {
        self.init(isDistrust: error.cause.map(Self.isDistrust) ?? false, description: error.description)
    }

    private static func isDistrust(_ error: any Error) -> Bool {
        if let error = error as? NIOSSLExtraError { return error == .failedToValidateHostname }
        return "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
    }
}
