import AuraModel
import DriverKit

/// What a new machine's cloud-init is told.
enum UserData {
    /// A host key of our making, so that the very first connection can be checked. Nothing else that is secret: any process
    /// on the machine can read this from the metadata service, and so that key is replaced over SSH.
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
