public import AuraModel
import JSON

extension MachineCredentials {
    /// Reads the stored form. Throws if it is damaged.
    public init(stored: Secret) throws {
        self = try stored.withBytes { try JSONCoder.decode(StoredCredentials.self, from: Array($0)) }.credentials
    }

    /// The form in which credentials are stored, in files and in the vault: JSON.
    public var stored: Secret {
        get throws {
            var bytes = try JSONCoder.encode(StoredCredentials(self))
            return Secret(clearing: &bytes)
        }
    }
}

/// The JSON of stored credentials.
private struct StoredCredentials: Codable {
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
