import FoundationEssentials
import JSON

/// The input of cloud-init in a machine: the user data as sent, and a NoCloud metadata file.
struct Seed: Sendable {
    /// The directory of all seeds of a run.
    let directory: String

    /// Returns the directory of a machine.
    func path(_ server: Int64) -> String { "\(directory)/\(server)" }

    /// Writes the seed of a machine, with mode 0700 for the directory.
    func write(_ server: Server) throws {
        let path = path(server.id)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try PrivateFile.write(Self.userData(server), to: "\(path)/user-data")
        try PrivateFile.write(try Self.metaData(server), to: "\(path)/meta-data")
    }

    /// Removes the seed of a machine, if there is one.
    func remove(_ server: Int64) { try? FileManager.default.removeItem(atPath: path(server)) }

    /// Removes all seeds of the run.
    func removeAll() { try? FileManager.default.removeItem(atPath: directory) }

    private static func metaData(_ server: Server) throws -> String {
        var data: JSONValue = ["instance-id": .string("i-\(server.id)"), "local-hostname": .string(server.name)]
        if !server.authorizedKeys.isEmpty { data["public-keys"] = .strings(server.authorizedKeys) }
        return try data.yaml()
    }

    /// Returns the user data. The fault `wrongHostKey` renames the field of the host keys, so that cloud-init ignores
    /// them and generates its own.
    private static func userData(_ server: Server) -> String {
        let text = server.userData ?? "#cloud-config\n{}\n"
        guard server.traits.hasOtherHostKey else { return text }
        return text.replacing("\nssh_keys:", with: "\nx_ssh_keys:").replacing("\"ssh_keys\":", with: "\"x_ssh_keys\":")
    }
}
