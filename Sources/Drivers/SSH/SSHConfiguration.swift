internal import AuraModel
internal import DriverKit

/// The configuration of every `ssh` process of the daemon: boot probe, health check and Ansible.
///
/// It is written as `config` into the directory of the key and passed with `-F`. With `-F`, OpenSSH reads neither the
/// account's `~/.ssh/config` (its path comes from the password database, not from `HOME`) nor `/etc/ssh/ssh_config`. So
/// no `ProxyCommand` can intercept the connection, and no agent, port or display of the operator is forwarded to an
/// untrusted machine.
public enum SSHConfiguration {
    /// Returns the arguments that select the configuration in `directory`.
    public static func arguments(directory: String) -> [String] {
        ["-F", "\(directory)/config"]
    }

    /// Returns the file's text: one option per line (`ssh_config(5)`).
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

    /// Returns a path as an option's value. It is quoted because of spaces, and `%`, which starts a token, is doubled.
    private static func quote(_ path: String) -> String {
        "\"\(path.map { $0 == "%" ? "%%" : String($0) }.joined())\""
    }
}
