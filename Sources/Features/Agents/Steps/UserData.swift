import AuraModel
import DriverKit

/// The user data for cloud-init on a new machine.
enum UserData {
    /// Returns the cloud-init configuration with a host key of ours, so that the very first connection can be verified. It holds
    /// no other secret: any process on the machine can read it from the metadata service. For the same reason the key is replaced
    /// over SSH.
    static func cloudConfig(hostKey: KeyPair) -> String {
        let lines = hostKey.privateKey.reveal().split(separator: "\n", omittingEmptySubsequences: false)
        let indented = lines.filter { !$0.isEmpty }.map { "    \($0)" }.joined(separator: "\n")
        return """
            #cloud-config
            package_update: false
            ssh_pwauth: false
            disable_root: false
            ssh_deletekeys: true
            ssh_genkeytypes: [ed25519]
            ssh_keys:
              ed25519_private: |
            \(indented)
              ed25519_public: \(hostKey.publicKey)

            """
    }
}
