import AnsibleDriver
import AuraModel
import ChildProcess
import DriverKit
import FoundationEssentials
import JSON
import Testing

/// The Ansible installation of this checkout.
enum RealAnsible {
    static let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")

    static let program: String? = {
        let path = "\(repository)/.venv/bin/ansible-playbook"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
}

/// Runs the real `ansible-playbook`. A caller's string must stay text and is never a template, a host or a pattern.
@Suite(.enabled(if: RealAnsible.program != nil, "no ansible-playbook in .venv/bin"))
struct AnsibleTemplateTests {
    /// A tree whose play prints every variable. The controller is its only machine.
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
            - name: Print
              ansible.builtin.debug:
                msg: "{{ item }}"
              loop: "{{ names | map('extract', vars) | list + [aura_change, aura_instance_id, nested] }}"
              tags: [base]
            - name: Keep
              ansible.builtin.copy:
                content: "{{ {'change': aura_change, 'id': aura_instance_id, 'nested': nested, 'plain': plain} | to_json }}"
                dest: "{{ kept }}"
                mode: "0600"
              tags: [base]
            - name: Mark
              ansible.builtin.copy:
                content: ""
                dest: "{{ kept }}-{{ inventory_hostname }}"
                mode: "0600"
              tags: [base]
        """,
    ]

    /// Two instances. The runs are for the first one.
    private static let inventory = """
        printf '%s' '{"aura":{"hosts":["0199-id","0199-other"]},"_meta":{"hostvars":{"0199-id":\
        {"ansible_connection":"local"},"0199-other":{"ansible_connection":"local"}}}}'
        """

    private func bench() throws -> (scratch: Scratch, driver: AnsibleConfiguration) {
        let scratch = try Scratch()
        for directory in ["playbooks", "inventory"] {
            try FileManager.default.createDirectory(
                atPath: "\(scratch.path)/\(directory)", withIntermediateDirectories: false)
        }
        for (name, text) in Self.files {
            try PrivateFile.write(text + "\n", to: "\(scratch.path)/\(name)")
        }
        _ = try scratch.program("inventory/aura.py", Self.inventory)
        let driver = AnsibleConfiguration(
            settings: AnsibleSettings(
                playbookPath: try #require(RealAnsible.program), treePath: scratch.path, socketPath: "/run/none",
                workDirectory: "\(scratch.path)/runs"),
            time: SystemTime(), log: Scratch.log)
        return (scratch, driver)
    }

    /// Templates that touch the file with their number if a template engine evaluates them.
    private static func templates(_ directory: String) -> [String] {
        [
            "{{lookup('pipe','touch${IFS}\(directory)/touched1')}}",
            "{%set${IFS}x=lookup('pipe','touch \(directory)/touched2')%}x",
            "{{ query('ansible.builtin.pipe', 'touch \(directory)/touched3') }}",
            "{{ lookup('file', '/etc/hostname') }}",
        ]
    }

    @Test(.timeLimit(.minutes(5)), arguments: 0..<4)
    func callerStringsAreNeverEvaluatedAsTemplates(number: Int) async throws {
        let (scratch, driver) = try bench()
        let template = Self.templates(scratch.path)[number]
        var run = AnsibleBench.run(variables: [
            "plain": .string(template), "nested": ["list": [.string(template)], "deep": ["er": .string(template)]],
            "names": ["plain", "aura_instance"], "kept": .string("\(scratch.path)/kept"),
        ])
        run.instance.change = ChangeID(template)
        let summary = try await driver.run(run) { _ in }
        #expect(summary.failed == 0 && summary.ok == 3)
        let kept = try JSONValue(parsing: try scratch.text("kept"))
        #expect(
            kept == [
                "change": .string(template), "id": "0199-id", "plain": .string(template),
                "nested": ["list": [.string(template)], "deep": ["er": .string(template)]],
            ])
        #expect(scratch.names().filter { $0.hasPrefix("touched") }.isEmpty)
    }

    /// Instance names that mean something to Ansible: groups, the controller, the name of another instance.
    @Test(.timeLimit(.minutes(5)), arguments: ["all", "localhost", "aura", "ungrouped", "0199-other"])
    func aRunReachesOnlyItsMachineForAnyInstanceName(name: String) async throws {
        let (scratch, driver) = try bench()
        var run = AnsibleBench.run(variables: [
            "plain": "", "nested": "", "names": [], "kept": .string("\(scratch.path)/kept"),
        ])
        run.instance.name = name
        let summary = try await driver.run(run) { _ in }
        #expect(summary.failed == 0 && summary.ok == 3)
        #expect(scratch.names().filter { $0.hasPrefix("kept-") } == ["kept-0199-id"])
    }
}
