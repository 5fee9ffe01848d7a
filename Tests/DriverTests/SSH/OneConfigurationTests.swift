import AnsibleDriver
import AuraModel
import DriverKit
import Foundation
import SSHDriver
import Testing

/// A system-wide `ssh_config` that would redirect the connection and forward the operator's agent.
enum HostileConfiguration {
    static let text = """
        Host *
          ProxyCommand touch /tmp/never
          ForwardAgent yes
          ForwardX11 yes
          RemoteForward 9999 127.0.0.1:22
          User somebody
          StrictHostKeyChecking no
          SendEnv *
        """

    static let isPossible: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["-m", "true"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0 && FileManager.default.fileExists(atPath: "/etc/ssh/ssh_config")
    }()

    /// A script that runs `ssh -G` with its own arguments and writes the output to `file`.
    static func script(_ scratch: Scratch, file: String) -> String {
        """
        exec unshare -m sh -c 'mount --bind "\(scratch.path)/hostile" /etc/ssh/ssh_config && exec /usr/bin/ssh -G "$@"' \
        sh "$@" > "\(scratch.path)/\(file)"
        """
    }
}

/// Runs the real `ssh -G` under a hostile system configuration.
@Suite(.enabled(if: HostileConfiguration.isPossible, "no right to make a mount namespace"))
struct OneConfigurationTests {
    private static let access = SSHAccess(
        address: "203.0.113.10", port: 2222, user: "root", privateKey: Secret("key"),
        hostKeys: ["ssh-ed25519 AAAA"], hostKeyAlias: "0199-id")

    /// The options that concern trust. Paths of the temporary directory, times and connection sharing differ by design.
    private static func trust(_ text: String) -> Set<String> {
        let differing = [
            "identityfile", "userknownhostsfile", "connecttimeout", "requesttty", "serveralive", "control",
            "compression",
        ]
        return Set(
            text.split(separator: "\n").map(String.init).filter { line in
                !differing.contains { line.hasPrefix($0) }
            })
    }

    @Test func probeAndAnsibleUseTheSameSSHOptionsUnderAHostileConfiguration() async throws {
        let scratch = try Scratch()
        try HostileConfiguration.text.write(toFile: "\(scratch.path)/hostile", atomically: true, encoding: .utf8)
        let probe = try scratch.program("ssh", HostileConfiguration.script(scratch, file: "probe"))
        let shell = OpenSSH(
            settings: SSHSettings(workDirectory: "\(scratch.path)/probes", sshPath: probe), time: SystemTime(),
            log: Scratch.log)
        try await shell.reach(Self.access)

        let ansible = try scratch.program("ansible-ssh", HostileConfiguration.script(scratch, file: "ansible"))
        let plain = try scratch.program("plain-ssh", HostileConfiguration.script(scratch, file: "plain"))
        let playbook = try scratch.program(
            "ansible-playbook",
            "\(plain) host.example\n"
                + "\(ansible) -C -o ControlMaster=auto -F \"$AURA_SSH_DIRECTORY/config\" 203.0.113.10\n"
                + AnsibleBench.recap())
        let driver = AnsibleConfiguration(
            settings: AnsibleSettings(
                playbookPath: playbook, treePath: "/t", socketPath: "/s", workDirectory: "\(scratch.path)/runs"),
            time: SystemTime(), log: Scratch.log)
        var run = AnsibleBench.run()
        run.access = Self.access
        _ = try await driver.run(run) { _ in }

        #expect(try scratch.text("plain").contains("proxycommand touch /tmp/never"))
        let (probed, configured) = (try scratch.text("probe"), try scratch.text("ansible"))
        #expect(Self.trust(probed) == Self.trust(configured))
        for line in ["user root", "port 2222", "forwardagent no", "forwardx11 no", "stricthostkeychecking true"] {
            #expect(configured.contains("\(line)\n"), "\(line)")
        }
        for word in ["proxycommand", "remoteforward", "sendenv"] { #expect(!configured.contains(word), "\(word)") }
    }
}
