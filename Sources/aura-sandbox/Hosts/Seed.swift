import FoundationEssentials

/// What cloud-init finds in a machine: user data as it was sent, and a NoCloud metadata file.
struct Seed: Sendable {
    /// Where all seeds of a run lie.
    let directory: String

    /// A machine's own directory.
    func path(_ server: Int64) -> String { "\(directory)/\(server)" }

    /// Writes a machine's seed, 0700.
    func write(_ server: Server) throws {
        let path = path(server.id)
        try PrivateFile.makeDirectory(path)
        try PrivateFile.write(Self.userData(server), to: "\(path)/user-data")
        try PrivateFile.write(Self.metaData(server), to: "\(path)/meta-data")
    }

    /// Removes a machine's seed; that there is none is as good.
    func remove(_ server: Int64) { try? FileManager.default.removeItem(atPath: path(server)) }

    /// Removes all seeds of the run.
    func removeAll() { try? FileManager.default.removeItem(atPath: directory) }

    private static func metaData(_ server: Server) -> String {
        let quoted = { (text: String) in String(decoding: JSONValue.string(text).bytes, as: UTF8.self) }
        let keys = server.authorizedKeys.map { "  - \(quoted($0))\n" }.joined()
        return "instance-id: i-\(server.id)\nlocal-hostname: \(quoted(server.name))\n"
            + (keys.isEmpty ? "" : "public-keys:\n\(keys)")
    }

    /// With the fault `wrongHostKey` the host keys are under a name that cloud-init does not know: it makes its own.
    private static func userData(_ server: Server) -> String {
        let text = server.userData ?? "#cloud-config\n{}\n"
        guard server.traits.hasOtherHostKey else { return text }
        return text.replacing("\nssh_keys:", with: "\nx_ssh_keys:").replacing("\"ssh_keys\":", with: "\"x_ssh_keys\":")
    }
}
