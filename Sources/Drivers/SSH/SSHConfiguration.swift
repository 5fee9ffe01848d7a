internal import AuraModel
internal import DriverKit

/// The configuration under which every `ssh` of the daemon runs: boot probe, health and Ansible alike.
///
/// It is written beside the key as `config` and given with `-F`. With `-F`, OpenSSH reads neither the account's
/// `~/.ssh/config` (whose place comes from the password database, not from `HOME`) nor `/etc/ssh/ssh_config`. So no
/// `ProxyCommand` stands in between, and no agent, port or display of the operator is forwarded to an untrusted machine.
public enum SSHConfiguration {
    /// The arguments that select the configuration in `directory`.
    public static func arguments(directory: String) -> [String] {
        ["-F", "\(directory)/config"]
    }

    /// The file's text: one option a line (`ssh_config(5)`).
    static func text(_ access: SSHAccess, directory: String) -> String {
        let options: [(String, String)] = [
            ("User", access.user), ("Port", String(access.port)),
            ("IdentityFile", quote("\(directory)/id_ed25519")), ("IdentitiesOnly", "yes"), ("IdentityAgent", "none"),
            ("UserKnownHostsFile", quote("\(directory)/known_hosts")), ("GlobalKnownHostsFile", "/dev/null"),
            ("HostKeyAlias", access.hostKeyAlias), ("StrictHostKeyChecking", "yes"), ("UpdateHostKeys", "no"),
            ("VerifyHostKeyDNS", "no"), ("CheckHostIP", "no"),
            ("BatchMode", "yes"), ("PreferredAuthentications", "publickey"), ("PasswordAuthentication", "no"),
            ("KbdInteractiveAuthentication", "no"), ("HostbasedAuthentication", "no"), ("GSSAPIAuthentication", "no"),
            ("ForwardAgent", "no"), ("ForwardX11", "no"), ("ClearAllForwardings", "yes"), ("Tunnel", "no"),
            ("PermitLocalCommand", "no"), ("ProxyCommand", "none"), ("CanonicalizeHostname", "no"),
            ("ControlMaster", "no"), ("ControlPath", "none"), ("ConnectionAttempts", "1"),
            ("ServerAliveInterval", "5"), ("ServerAliveCountMax", "3"),
        ]
        return options.map { "\($0.0) \($0.1)\n" }.joined()
    }

    /// A path as an option's value: quoted for blanks, and `%`, which starts a token there, doubled.
    private static func quote(_ path: String) -> String {
        "\"\(path.map { $0 == "%" ? "%%" : String($0) }.joined())\""
    }
}
