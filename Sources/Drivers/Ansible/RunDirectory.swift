internal import AuraModel
internal import ChildProcess
internal import DriverKit
internal import JSON
internal import SSHDriver

extension ConfigurationRun {
    /// The machine's name in the inventory, in `--limit` and in the recap: the instance's id. The instance's name is
    /// not used, because a client chooses it: it could name a group (`all`), the controller (`localhost`) or another
    /// tenant's instance.
    var inventoryHost: String { instance.id.text }
}

/// The temporary directory of one run: its files, and the child process that uses them.
///
/// Secrets are files of mode 0600, and `vars.json` contains only their paths. The command line and the environment
/// contain no secrets. The environment inherits nothing from the daemon.
struct RunDirectory {
    let path: String
    let run: ConfigurationRun
    let settings: AnsibleSettings

    /// Writes the files. Throws `ChildError` if a file cannot be written, and ``Failure`` `invalidInput` if Ansible or
    /// OpenSSH could misread a name.
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
            pulseTimeout: settings.patience, silenceLimit: settings.silenceLimit,
            outputLimitBytes: settings.outputLimitBytes, confinement: confinement, permit: { try LeaseGuard.check() })
    }

    /// The files of the run: the tree, Ansible's own environment, and the run's directory.
    private var confinement: Confinement? {
        settings.launcher.map { launcher in
            Confinement(
                launcher: launcher,
                readable: [settings.treePath] + PythonEnvironment.paths(of: settings.playbookPath)
                    + settings.readableFiles,
                writable: [path])
        }
    }

    private var play: [String] {
        switch run.play {
        case .machine: ["configure.yml", "--tags", "base,agent_runtime"]
        case .network: ["configure.yml", "--tags", "tailnet"]
        case .teardown: ["teardown.yml"]
        }
    }

    /// The variables that every role can use. The caller's variables override them.
    private var facts: JSONObject {
        [
            "aura_instance": .string(run.instance.name), "aura_instance_id": .string(run.instance.id.text),
            "aura_change": .string(run.instance.change.text),
            "aura_generation": .integer(Int64(run.instance.generation)),
        ]
    }

    /// Throws unless the host consists of letters, digits and hyphens, because Ansible reads `--limit` as a pattern.
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

    /// Returns the variable's name as a file name. Throws if it could lead out of the directory.
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
