import FeatureKit
import Loopback
import TLS

/// A TCP address that the daemon serves: `HOST:PORT`, or with a scheme for TLS, as the settings `listen` and `http`
/// name it.
struct TCPAddress: Sendable, Hashable {
    var address: ListenerAddress
    /// True if connections use TLS.
    var isEncrypted: Bool

    /// The address as a setting.
    func text(scheme: String) -> String { (isEncrypted ? "\(scheme)://" : "") + address.description }

    /// Returns the address of `key`, or `nil` if the setting is absent. `scheme` is the text before `://` for TLS. Throws
    /// `SettingsError` unless the daemon may listen there.
    static func read(_ source: SettingsSource, _ key: String, scheme: String) throws -> TCPAddress? {
        guard let text = source.text(key) else { return nil }
        let isEncrypted = text.hasPrefix("\(scheme)://")
        do {
            let address = try ListenerAddress(isEncrypted ? String(text.dropFirst(scheme.count + 3)) : text)
            // `Settings.read` refuses a configuration whose daemon could verify no proof.
            try address.check(hasTLS: isEncrypted, hasProof: true)
            return TCPAddress(address: address, isEncrypted: isEncrypted)
        } catch {
            throw SettingsError("cannot use \(key) = \(text): \(error)")
        }
    }
}

extension TLSFiles {
    /// The settings that ``read(_:isUsed:now:)`` reads.
    static let declared: [Setting] = [
        "tls.certificateFile", "tls.keyFile", "tls.clientAuthorityFile", "tls.clientCertificates",
    ]

    /// Returns the files of the daemon's certificate, or `nil` if no listener uses TLS. Throws `SettingsError` if they
    /// cannot be used at the time `now`, in seconds since 1970.
    static func read(_ source: SettingsSource, isUsed: Bool, now: Int64) throws -> TLSFiles? {
        let certificate = source.text("tls.certificateFile")
        let key = source.text("tls.keyFile")
        let authority = source.text("tls.clientAuthorityFile")
        let optional = ClientCertificates.optional.rawValue
        let given = try source.choice(
            "tls.clientCertificates", optional, of: ClientCertificates.allCases.map(\.rawValue))
        guard given == optional || authority != nil else {
            throw SettingsError("cannot use tls.clientCertificates = \(given): set tls.clientAuthorityFile as well")
        }
        guard isUsed else { return nil }
        guard let certificate, let key else {
            throw SettingsError(
                "cannot serve TLS without a certificate: set tls.certificateFile and tls.keyFile to files in PEM form")
        }
        let files = TLSFiles(
            certificate: certificate, key: key, clientAuthority: authority,
            clientCertificates: ClientCertificates(rawValue: given) ?? .optional)
        do {
            try files.check(now: now)
        } catch {
            throw SettingsError(error.message)
        }
        return files
    }
}
