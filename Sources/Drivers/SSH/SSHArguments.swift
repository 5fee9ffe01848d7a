internal import AuraModel
internal import DriverKit

/// The arguments of `ssh` for one command: nothing asked, nothing remembered, nothing read from elsewhere.
enum SSHArguments {
    static func of(
        _ access: SSHAccess, directory: String, settings: SSHSettings, command: String
    ) -> [String] {
        let seconds = max(settings.connectTimeout.wholeMilliseconds / 1000, 1)
        let options = [
            "BatchMode=yes", "StrictHostKeyChecking=yes", "UserKnownHostsFile=\(quote("\(directory)/known_hosts"))",
            "GlobalKnownHostsFile=/dev/null", "HostKeyAlias=\(access.hostKeyAlias)", "UpdateHostKeys=no",
            "IdentitiesOnly=yes", "IdentityAgent=none", "PreferredAuthentications=publickey", "ControlMaster=no",
            "ControlPath=none", "ForwardAgent=no", "ForwardX11=no", "ConnectTimeout=\(seconds)", "ConnectionAttempts=1",
            "ServerAliveInterval=5", "ServerAliveCountMax=3",
        ]
        return ["-F", "none", "-T"] + options.flatMap { ["-o", $0] }
            + ["-i", "\(directory)/id_ed25519", "-p", String(access.port), "-l", access.user, access.address, command]
    }

    /// A path as an option's value: quoted for blanks, and `%`, which starts a token there, doubled.
    private static func quote(_ path: String) -> String {
        "\"\(path.map { $0 == "%" ? "%%" : String($0) }.joined())\""
    }
}
