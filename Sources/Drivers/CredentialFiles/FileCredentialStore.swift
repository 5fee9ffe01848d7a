public import AuraModel
public import DriverKit
import FoundationEssentials
import JSON

/// Stores the credentials of each machine in one file of mode 0600, in a directory of the daemon's own.
public struct FileCredentialStore: CredentialStore {
    private let directory: String

    /// - Parameter directory: created with mode 0700 if it is missing.
    public init(directory: String) throws {
        self.directory = directory
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Self.failure("cannot make the directory \(directory); check that aurad may write there")
        }
    }

    public func load(_ instance: Instance) async throws -> MachineCredentials? {
        let path = path(instance)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let bytes = FileManager.default.contents(atPath: path),
            let stored = try? JSONCoder.decode(Stored.self, from: bytes)
        else { throw Self.failure("cannot read the credentials of \(instance.name) in \(path)") }
        return stored.credentials
    }

    public func save(_ credentials: MachineCredentials, for instance: Instance) async throws {
        let path = path(instance)
        let temporary = path + ".new"
        do {
            try DurableFile.write(try JSONCoder.encode(Stored(credentials)), to: temporary)
            try DurableFile.rename(temporary, to: path)
        } catch {
            throw Self.failure("cannot write the credentials of \(instance.name) to \(path); is the disk full?")
        }
    }

    public func remove(_ instance: Instance) async throws {
        let path = path(instance)
        for file in [path, path + ".new"] where FileManager.default.fileExists(atPath: file) {
            do {
                try FileManager.default.removeItem(atPath: file)
            } catch {
                throw Self.failure("cannot remove \(file)")
            }
        }
    }

    private func path(_ instance: Instance) -> String {
        "\(directory)/\(instance.id)-g\(instance.generation).json"
    }

    private static func failure(_ message: String) -> Failure {
        Failure(.transient, code: "credentialStore", message: message)
    }

    /// The JSON content of a file.
    private struct Stored: Codable {
        struct Pair: Codable {
            var privateKey: String
            var publicKey: String

            init(_ pair: KeyPair) {
                privateKey = pair.privateKey.reveal()
                publicKey = pair.publicKey
            }

            var pair: KeyPair { KeyPair(privateKey: Secret(privateKey), publicKey: publicKey) }
        }

        var client: Pair
        var birthHostKey: Pair
        var lastingHostKey: Pair
        var isConfigured: Bool
        var gatewayToken: String

        init(_ credentials: MachineCredentials) {
            client = Pair(credentials.client)
            birthHostKey = Pair(credentials.birthHostKey)
            lastingHostKey = Pair(credentials.lastingHostKey)
            isConfigured = credentials.isConfigured
            gatewayToken = credentials.gatewayToken.reveal()
        }

        var credentials: MachineCredentials {
            MachineCredentials(
                client: client.pair, birthHostKey: birthHostKey.pair, lastingHostKey: lastingHostKey.pair,
                isConfigured: isConfigured, gatewayToken: Secret(gatewayToken))
        }
    }
}
