internal import AuraModel
internal import ChildProcess
internal import DriverKit
internal import JSON
internal import SSHDriver

extension ConfigurationRun {
    /// The machine's name in the inventory, in `--limit` and in the recap: the instance's id. The instance's name is a
    /// caller's text and can be a group (`all`), the controller (`localhost`) or another tenant's instance.
    var inventoryHost: String { instance.id.text }
}

/// What one run finds in its throw-away directory, and how it is started from there.
///
/// Secrets are 0600 files, and only their paths are in `vars.json`; nothing secret is on the command line or in the
/// environment, which holds nothing of the daemon's own.
struct RunDirectory {
    let path: String
    let run: ConfigurationRun
    let settings: AnsibleSettings

    /// Writes the files. Throws ``Failure`` `invalidInput` if the host or a secret's variable could be read as anything
    /// else by Ansible.
    func prepare() throws {
        try Self.checkHost(run.inventoryHost)
        for name in ["ssh", "secrets", "tmp", "ansible"] { try PrivateFile.makeDirectory("\(path)/\(name)") }
        try run.access.writeFiles(into: "\(path)/ssh")
        var variables = facts.merging(run.variables) { $1 }
        for (name, secret) in run.secretFiles.sorted(by: { $0.key < $1.key }) {
            let file = "\(path)/secrets/\(try Self.fileName(name))"
            try PrivateFile.write(secret.reveal(), to: file)
            variables[name] = .string(file)
        }
        try PrivateFile.write(ExtraVariables(variables).serialized(), to: "\(path)/vars.json")
    }

    var child: ChildProcess {
        let tree = settings.treePath
        return ChildProcess(
            executable: settings.playbookPath,
            arguments: ["-i", "\(tree)/inventory/aura.py", "--limit", run.inventoryHost, "-e", "@\(path)/vars.json"]
                + play.map { $0.hasSuffix(".yml") ? "\(tree)/playbooks/\($0)" : $0 },
            environment: [
                "PATH": settings.searchPath, "HOME": path, "LANG": "C.UTF-8", "ANSIBLE_CONFIG": "\(tree)/ansible.cfg",
                "ANSIBLE_LOCAL_TEMP": "\(path)/tmp", "ANSIBLE_HOME": "\(path)/ansible",
                "AURA_SOCKET": settings.socketPath, "AURA_INSTANCE": run.instance.id.text,
                "AURA_SSH_DIRECTORY": "\(path)/ssh", "AURA_SSH_USER": run.access.user,
                "AURA_SSH_PORT": String(run.access.port),
            ], workingDirectory: path, timeLimit: run.timeLimit, stopGrace: settings.stopGrace,
            patience: settings.patience, silenceLimit: settings.silenceLimit,
            outputLimitBytes: settings.outputLimitBytes, permit: { try OutsideCall.check() })
    }

    private var play: [String] {
        switch run.play {
        case .machine: ["configure.yml", "--tags", "base,agent_runtime"]
        case .network: ["configure.yml", "--tags", "tailnet"]
        case .teardown: ["teardown.yml"]
        }
    }

    /// What every role may rely on; the caller's variables stand above these.
    private var facts: JSONObject {
        [
            "aura_instance": .string(run.instance.name), "aura_instance_id": .string(run.instance.id.text),
            "aura_change": .string(run.instance.change.text),
            "aura_generation": .integer(Int64(run.instance.generation)),
        ]
    }

    /// Ansible reads `--limit` as a pattern, so anything but letters, digits and hyphens is refused.
    private static func checkHost(_ host: String) throws(Failure) {
        let isPlain = host.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
        }
        guard isPlain, !host.isEmpty, !host.hasPrefix("-"), host.utf8.count <= 100 else {
            throw Failure(
                .permanent, code: "invalidInput",
                message: "cannot use \(PlainText.clean(host, limitBytes: 40)) as a host of the inventory: "
                    + "letters, digits and hyphens only")
        }
    }

    /// A variable's name as a file's name: nothing in it may lead out of the directory.
    private static func fileName(_ variable: String) throws(Failure) -> String {
        let isPlain = variable.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
        guard isPlain, !variable.isEmpty, variable.utf8.count <= 100 else {
            throw Failure(
                .permanent, code: "invalidInput",
                message: "cannot use \(PlainText.clean(variable, limitBytes: 40)) as the variable of a secret: "
                    + "letters, digits and underscores only")
        }
        return variable
    }
}
