import AnsibleDriver
import AuraModel
import DriverKit
import FoundationEssentials
import JSON
import Locking
import Testing

@testable import AnsibleDriver
@testable import ChildProcess

/// The program that confines children: `aurad`, which is built beside the tests.
enum Launcher {
    static let path: String? = {
        let directory = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        let path = "\(directory)/aurad"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    static var isUsable: Bool { path != nil && Confinement.isSupported }
}

/// Real processes that try to use other files than theirs, on a kernel with Landlock.
@Suite(.enabled(if: Launcher.isUsable, "this kernel does not use Landlock, or aurad is not built"))
struct ConfinementTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        for name in ["run", "tree", "state"] { try PrivateFile.makeDirectory("\(scratch.path)/\(name)") }
        try PrivateFile.write("hidden", to: "\(scratch.path)/state/key")
        try PrivateFile.write("echo from the tree", to: "\(scratch.path)/tree/script")
    }

    /// Runs a shell script, confined to the directory `run` and the readable directory `tree`.
    private func output(
        _ script: String, isConfined: Bool = true
    ) async throws -> (text: String, errors: String, end: String) {
        let text = Locked("")
        let confinement = Confinement(
            launcher: try #require(Launcher.path), readable: ["\(scratch.path)/tree"],
            writable: ["\(scratch.path)/run"])
        let child = ChildProcess(
            executable: "/bin/sh", arguments: ["-c", script],
            environment: ["PATH": "/usr/bin:/bin", "S": scratch.path],
            workingDirectory: "\(scratch.path)/run", timeLimit: .seconds(60),
            confinement: isConfined ? confinement : nil)
        let end = try await child.run(time: SystemTime()) { bytes in
            text.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
        }
        return (text.withLock { $0 }, end.errorTail.text, "\(end.ending)")
    }

    @Test func aConfinedChildRunsAsUsual() async throws {
        let run = try await output(
            """
            pwd; echo one > a; mv a b; mkdir c; mv b c/d; ln c/d c/e; cat c/e; rm -r c; ls
            sh "$S/tree/script"; head -c 1 /etc/passwd >/dev/null && echo etc; echo $0 $#; exit 7
            """)
        #expect(
            run.text == "\(scratch.path)/run\none\npulse\nfrom the tree\netc\n/bin/sh 0\n", "\(run.errors)")
        #expect(run.end == "exited(7)")
    }

    /// Each line tries one thing and prints its number if it works. Without the confinement all of them work, so the
    /// attempts are real.
    private static let attempts = """
        try() { n=$1; shift; "$@" >/dev/null 2>&1 && echo "$n"; }
        try 1 cat "$S/state/key"
        try 2 ls "$S/state"
        try 3 sh -c 'exec cat "$S/state/key"'
        try 4 setsid cat "$S/state/key"
        try 5 sh -c 'echo x >> "$S/state/key"'
        try 6 touch "$S/state/new"
        try 7 ln "$S/state/key" "$S/run/linked"
        try 8 mv "$S/state/new" "$S/run/moved"
        try 9 sh -c 'echo x >> "$S/tree/script"'
        try 10 cat "/proc/self/cwd/../state/key"
        try 11 cat "/proc/self/root$S/state/key"
        ln -s "$S/state/key" "$S/run/link" && try 12 cat "$S/run/link"
        try 13 cat "/proc/$D/environ"
        try 14 kill -0 "$D"
        """

    @Test func aConfinedChildReachesNoOtherFile() async throws {
        let attempts = "D=\(ProcessInfo.processInfo.processIdentifier)\n" + Self.attempts
        // As root, the unconfined child succeeds with everything. It runs last, because it changes the files.
        let confined = try await output(attempts)
        // Signals are confined from ABI 6 on, which this test does not require.
        #expect(["", "14\n"].contains(confined.text), "\(confined.text)")
        #expect(try scratch.text("state/key") == "hidden" && scratch.names(below: "state") == ["key"])
        let free = try await output(
            attempts.replacing(#"ln -s "$S/state/key" "$S/run/link" && "#, with: ""), isConfined: false)
        #expect(free.text.split(separator: "\n").compactMap { Int($0) } == Array(1...14), "\(free.errors)")
    }

    @Test func aProgramThatCannotBeConfinedDoesNotRun() async throws {
        let launcher = try #require(Launcher.path)
        let text = Locked("")
        let child = ChildProcess(
            executable: launcher, arguments: ["confine", "--", "\(scratch.path)/state/key"], environment: [:],
            workingDirectory: "\(scratch.path)/run", timeLimit: .seconds(60))
        let end = try await child.run(time: SystemTime()) { bytes in
            text.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
        }
        #expect("\(end.ending)" == "exited(126)")
        #expect(end.errorTail.text == "aurad: cannot run \(scratch.path)/state/key: permission denied\n")
    }
}

/// A play that tries to read the daemon's files, in the way in which `aurad` runs plays.
@Suite(.enabled(if: Launcher.isUsable && RealAnsible.program != nil, "no Landlock, aurad or ansible-playbook"))
struct HostilePlayTests {
    private static let files = [
        "ansible.cfg": """
        [defaults]
        callback_plugins = \(RealAnsible.repository)/ansible/plugins/callback
        stdout_callback = aura
        localhost_warning = False
        [inventory]
        enable_plugins = script
        """,
        "playbooks/configure.yml": """
        - hosts: aura
          gather_facts: false
          tasks:
            - name: Read by a module
              ansible.builtin.command: cat {{ item }}
              register: read
              failed_when: read.rc == 0
              loop: "{{ secrets }}"
              tags: [base]
            - name: Read by the controller
              ansible.builtin.assert:
                that: (lookup('ansible.builtin.file', item, errors='ignore') or '') == ''
              loop: "{{ secrets }}"
              tags: [base]
            - name: Read by a program of the controller
              ansible.builtin.assert:
                that: lookup('ansible.builtin.pipe', 'cat ' ~ item ~ ' || true') == ''
              loop: "{{ secrets }}"
              tags: [base]
            - name: Change
              ansible.builtin.shell: echo x >> {{ item }}
              register: change
              failed_when: change.rc == 0
              loop: "{{ secrets }}"
              tags: [base]
            - name: Read the files of the run
              ansible.builtin.assert:
                that: lookup('ansible.builtin.file', own) == 's3cret' and lookup('ansible.builtin.file', archive) == 'tgz'
              tags: [base]
        """,
    ]

    /// The controller is the machine, with a directory of the run for modules.
    private static let inventory = """
        printf '%s' '{"aura":{"hosts":["0199-id"]},"_meta":{"hostvars":{"0199-id":{"ansible_connection":"local",' \
            '"ansible_remote_tmp":"'"$HOME"'/modules"}}}}'
        """

    @Test(.timeLimit(.minutes(5)), arguments: [true, false])
    func aPlayReadsOnlyTheFilesOfItsRun(isConfined: Bool) async throws {
        let scratch = try Scratch()
        for name in ["tree", "tree/playbooks", "tree/inventory", "state", "credentials", "other"] {
            try PrivateFile.makeDirectory("\(scratch.path)/\(name)")
        }
        for (name, text) in Self.files { try PrivateFile.write(text + "\n", to: "\(scratch.path)/tree/\(name)") }
        _ = try scratch.program("tree/inventory/aura.py", Self.inventory)
        let secrets = ["state/aura.db", "credentials/key", "state/agent.tgz.key"].map { "\(scratch.path)/\($0)" }
        for path in secrets { try PrivateFile.write("hidden", to: path) }
        try PrivateFile.write("tgz", to: "\(scratch.path)/other/agent.tgz")
        let driver = AnsibleConfiguration(
            settings: AnsibleSettings(
                playbookPath: try #require(RealAnsible.program), treePath: "\(scratch.path)/tree",
                socketPath: "/run/none", workDirectory: "\(scratch.path)/state/runs",
                launcher: isConfined ? Launcher.path : nil,
                readableFiles: [
                    "\(scratch.path)/other/agent.tgz", "\(RealAnsible.repository)/ansible/plugins",
                ]),
            time: SystemTime(), log: Scratch.log)
        let run = AnsibleBench.run(
            secrets: ["own": Secret("s3cret")],
            variables: [
                "secrets": .array(secrets.map { .string($0) }), "archive": .string("\(scratch.path)/other/agent.tgz"),
            ])
        if isConfined {
            let summary = try await driver.run(run) { _ in }
            #expect(summary.failed == 0 && summary.ok == 5)
            for path in secrets { #expect(String(decoding: try PrivateFile.read(path), as: UTF8.self) == "hidden") }
        } else {
            // The same play can do all of this without the confinement.
            await #expect(throws: Failure.self) { try await driver.run(run) { _ in } }
        }
    }

    @Test func aVirtualEnvironmentNamesItsInstallation() {
        #expect(PythonEnvironment.homes("home = /opt/python/bin\nversion = 3.12\n") == ["/opt/python"])
        #expect(PythonEnvironment.homes("home = /nowhere\n") == [] && PythonEnvironment.homes("home = bin\nx") == [])
        #expect(PythonEnvironment.paths(of: "/nothing/here") == ["/nothing/here"])
    }
}
