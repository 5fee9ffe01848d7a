internal import AuraModel
internal import ChildProcess
internal import DriverKit
internal import JSON
internal import SSHDriver

/// The files of one run: `ssh/` for the connection, `secrets/` one file a secret, `vars.json` for the roles.
struct RunDirectory {
    let path: String

    /// Writes everything, directories 0700 and files 0600.
    func fill(_ run: ConfigurationRun) throws(ChildError) {
        for name in ["ssh", "secrets", "tmp", "ansible"] { try PrivateFile.makeDirectory("\(path)/\(name)") }
        try run.access.writeFiles(into: "\(path)/ssh")
        var variables = run.variables
        for (name, secret) in run.secretFiles {
            let file = "\(path)/secrets/\(name)"
            try PrivateFile.write(secret.reveal(), to: file)
            variables[name] = .string(file)
        }
        try PrivateFile.write(JSONValue.object(variables).serialized(), to: "\(path)/vars.json")
    }
}
