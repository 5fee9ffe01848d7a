import AnsibleDriver
import AuraModel
import DriverKit
import JSON
import Testing

/// The input of a run, and its reported events.
@Suite struct AnsibleRunTests {
    @Test func aRunGetsItsArgumentsFilesAndEnvironment() async throws {
        let bench = try AnsibleBench(
            script: """
                printf '%s\\n' "$@" > "$OUT/arguments"; env > "$OUT/environment"; pwd > "$OUT/directory"
                cp vars.json ssh/id_ed25519 ssh/known_hosts secrets/agent_gateway_token_file "$OUT"
                stat -c '%a %n' . ssh secrets ssh/* secrets/* vars.json tmp ansible > "$OUT/modes"
                \(AnsibleBench.recap())
                """)
        let run = AnsibleBench.run(
            secrets: ["agent_gateway_token_file": Secret("s3cret-token")],
            variables: ["agent_port": 18789, "aura_change": "evt_2"])
        _ = try await bench.perform(run)
        let directory = String(try bench.scratch.text("directory").dropLast())
        #expect(directory.hasPrefix("\(bench.scratch.path)/runs/"))
        #expect(
            try bench.scratch.text("arguments").split(separator: "\n").map(String.init) == [
                "-i", "/opt/tree/inventory/aura.py", "--limit", "0199-id", "-e", "@\(directory)/vars.json",
                "/opt/tree/playbooks/configure.yml", "--tags", "base,agent_runtime",
            ])
        let variables = try JSONValue(parsing: try bench.scratch.text("vars.json"))
        #expect(
            variables == [
                "aura_instance": ["__ansible_unsafe": "ada"], "aura_instance_id": ["__ansible_unsafe": "0199-id"],
                "aura_change": ["__ansible_unsafe": "evt_2"], "aura_generation": 2, "agent_port": 18789,
                "agent_gateway_token_file": [
                    "__ansible_unsafe": .string("\(directory)/secrets/agent_gateway_token_file")
                ],
            ])
        #expect(try bench.scratch.text("agent_gateway_token_file") == "s3cret-token")
        #expect(try bench.scratch.text("known_hosts") == "0199-id ssh-ed25519 AAAA\n")
        #expect(
            Set(try bench.scratch.text("modes").split(separator: "\n").map(String.init)) == [
                "700 .", "700 ssh", "700 secrets", "700 tmp", "700 ansible", "600 ssh/id_ed25519",
                "600 ssh/known_hosts", "600 ssh/config",
                "600 secrets/agent_gateway_token_file", "600 vars.json",
            ])
        try check(environment: try bench.scratch.text("environment"), directory)
        #expect(bench.leftovers.isEmpty)
    }

    private func check(environment: String, _ directory: String) throws {
        var variables = Dictionary(
            uniqueKeysWithValues: environment.split(separator: "\n").map { line in
                let name = line.prefix { $0 != "=" }
                return (String(name), String(line.dropFirst(name.count + 1)))
            })
        for name in ["PWD", "OLDPWD", "SHLVL", "_"] { variables[name] = nil }
        #expect(
            variables == [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory, "LANG": "C.UTF-8",
                "ANSIBLE_CONFIG": "/opt/tree/ansible.cfg", "ANSIBLE_LOCAL_TEMP": "\(directory)/tmp",
                "ANSIBLE_HOME": "\(directory)/ansible", "AURA_SOCKET": "/run/aura.sock", "AURA_INSTANCE": "0199-id",
                "AURA_SSH_DIRECTORY": "\(directory)/ssh", "AURA_SSH_USER": "admin", "AURA_SSH_PORT": "2222",
            ])
    }

    @Test(arguments: [
        (ConfigurationRun.Play.network, ["/opt/tree/playbooks/configure.yml", "--tags", "tailnet"]),
        (.teardown, ["/opt/tree/playbooks/teardown.yml"]),
    ])
    func everyPlayHasItsPlaybook(play: ConfigurationRun.Play, end: [String]) async throws {
        let bench = try AnsibleBench(script: "printf '%s\\n' \"$@\" > \"$OUT/arguments\"\n" + AnsibleBench.recap())
        _ = try await bench.perform(AnsibleBench.run(play))
        let arguments = try bench.scratch.text("arguments").split(separator: "\n").map(String.init)
        #expect(Array(arguments.suffix(end.count)) == end)
    }

    @Test func everyTaskIsReportedInOrder() async throws {
        let bench = try AnsibleBench(
            script: """
                cat <<'END'
                {"event":"playbook.start","playbook":"configure.yml"}
                {"event":"play.start","play":"machine","tasks":4}
                {"event":"task.start","task":"base : packages","index":1,"handler":false}
                {"event":"task.retry","host":"0199-id","task":"base : packages","attempt":2,"retries":5}
                {"event":"task.ok","host":"0199-id","task":"base : packages","changed":true,"durationMs":812}
                {"event":"task.start","task":"base : facts","index":2,"handler":false}
                {"event":"task.ok","host":"0199-id","task":"base : facts","changed":false,"durationMs":9}
                {"event":"task.start","task":"a","index":3,"handler":false}
                {"event":"task.skipped","host":"0199-id","task":"a"}
                {"event":"task.failed","host":"0199-id","task":"b","message":"x\\u0007y","ignored":true,"durationMs":1}
                {"event":"warning","message":"careful"}
                {"event":"something.new","task":"z"}
                END
                \(AnsibleBench.recap(data: #"{"aura":{"agentVersion":"2026.8.1"}}"#))
                """)
        let summary = try await bench.perform()
        #expect(
            bench.events == [
                "play machine 4", "start 1 base : packages", "retry base : packages 2/5", "changed base : packages 812",
                "start 2 base : facts", "ok base : facts 9", "start 3 a", "skipped a 0", "failed b: x y (ignored)",
                "warning careful", "recap ok=3 changed=2 unreachable=0 failed=0 skipped=1 rescued=0 ignored=0",
            ])
        #expect(summary.changed == 2)
        #expect(summary.data == ["aura": ["agentVersion": "2026.8.1"]])
    }

    @Test func linesThatAreNoEventsAreIgnored() async throws {
        let bench = try AnsibleBench(
            script: """
                echo 'plain words'; echo '[1,2]'; echo '{"no":"event"}'; echo '{"event":'; echo
                head -c 70000 /dev/zero | tr '\\0' 'x'; echo
                printf '\\377\\376\\n'
                \(AnsibleBench.recap()) | tr -d '\\n'
                """)
        let summary = try await bench.perform()
        #expect(summary.ok == 3)
        #expect(bench.events.count == 1)
    }

    @Test func secretsAreMaskedInFailuresAndEvents() async throws {
        let bench = try AnsibleBench(
            script: """
                echo '{"event":"task.failed","task":"t","message":"key sk-12345678 is bad","ignored":false}'
                echo '{"event":"warning","message":"private-key-text leaked"}'
                \(AnsibleBench.recap(failed: 1)); exit 2
                """)
        let run = AnsibleBench.run(secrets: ["agent_environment_file": Secret("ANTHROPIC_API_KEY=\"sk-12345678\"\n")])
        let failure = await failure { _ = try await bench.perform(run) }
        #expect(failure?.message == "cannot configure ada: task t: key [secret] is bad")
        #expect(bench.events.first == "failed t: key [secret] is bad")
        #expect(bench.events.dropFirst().first == "warning [secret] leaked")
    }

    @Test func everyTextFromAnsibleIsMaskedAndFreeOfControlCharacters() async throws {
        let bench = try AnsibleBench(
            script: """
                cat <<'END'
                {"event":"play.start","play":"p sk-12345678","tasks":1}
                {"event":"task.start","task":"use sk-12345678","index":1}
                {"event":"task.ok","task":"use sk-12345678","changed":true,"durationMs":1}
                {"event":"task.retry","task":"use sk-12345678","attempt":1,"retries":2}
                END
                \(AnsibleBench.recap(data: #"{"aura":{"tailnet":{"name":"\u001b]0;x\u0007sk-12345678"}}}"#))
                """)
        let summary = try await bench.perform(AnsibleBench.run(secrets: ["key_file": Secret("sk-12345678")]))
        #expect(bench.events.dropLast().allSatisfy { $0.contains("[secret]") && !$0.contains("sk-") })
        #expect(summary.data == ["aura": ["tailnet": ["name": " ]0;x [secret]"]]])
    }

    @Test(arguments: ["0199-id:0199-other", "0199*", "~.*", "@file", "-e", "", "!x"])
    func aHostThatAnsibleCouldReadAsAPatternIsRefused(id: String) async throws {
        let bench = try AnsibleBench(script: "touch \"$OUT/ran\"")
        var run = AnsibleBench.run()
        run.instance.id = InstanceID(id)
        let failure = await failure { _ = try await bench.perform(run) }
        #expect(failure?.code == "invalidInput")
        #expect(!bench.scratch.names().contains("ran"))
    }

    @Test func aSecretVariableMustHaveAPlainName() async throws {
        let bench = try AnsibleBench(script: "touch \"$OUT/ran\"")
        let run = AnsibleBench.run(secrets: ["../../evil": Secret("x")])
        #expect(await failure { _ = try await bench.perform(run) }?.code == "invalidInput")
        #expect(!bench.scratch.exists("\(bench.scratch.path)/ran"))
        #expect(bench.leftovers.isEmpty)
    }
}
