public import AuraModel
public import DriverKit
import FoundationEssentials

/// Stores the credentials of each machine in one file of mode 0600, in a directory of the daemon's own.
public struct FileCredentialStore: CredentialStore {
    private let directory: String

    /// - Parameter directory: created with mode 0700 if it is missing.
    public init(directory: String) throws {
        self.directory = directory
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Self.failure("cannot make the directory \(directory); check that aurad may write there")
        }
    }

    public func load(_ instance: Instance) async throws -> MachineCredentials? {
        let path = path(instance)
        return FileManager.default.fileExists(atPath: path) ? try Self.read(path, of: instance.name) : nil
    }

    public func save(_ credentials: MachineCredentials, for instance: Instance) async throws {
        let path = path(instance)
        let temporary = path + ".new"
        do {
            try DurableFile.write(try credentials.stored.withBytes { Array($0) }, to: temporary)
            try DurableFile.rename(temporary, to: path)
        } catch {
            throw Self.failure("cannot write the credentials of \(instance.name) to \(path); is the disk full?")
        }
    }

    public func remove(_ instance: Instance) async throws {
        let path = path(instance)
        for file in [path, path + ".new"] where FileManager.default.fileExists(atPath: file) {
            do {
                try FileManager.default.removeItem(atPath: file)
            } catch {
                throw Self.failure("cannot remove \(file)")
            }
        }
    }

    /// The file of one generation of an instance.
    public struct Entry: Sendable {
        public var instance: InstanceID
        public var generation: Int
        public var path: String
    }

    /// Returns the files of all instances, without those of interrupted writes.
    public func entries() throws -> [Entry] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw Self.failure("cannot list the directory \(directory); check that aurad may read it")
        }
        return names.sorted().compactMap { name in
            guard let match = name.wholeMatch(of: #/([0-9a-f-]{36})-g([0-9]{1,9})\.json/#),
                let generation = Int(match.2)
            else { return nil }
            return Entry(
                instance: InstanceID(String(match.1)), generation: generation, path: "\(directory)/\(name)")
        }
    }

    /// Returns the credentials in a file.
    public func read(_ entry: Entry) throws -> MachineCredentials {
        try Self.read(entry.path, of: "the instance \(entry.instance)")
    }

    /// Returns the time of the last change of a file; `nil` if it is missing.
    public func changedAt(_ entry: Entry) -> Timestamp? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: entry.path)
        let date = attributes?[.modificationDate] as? Date
        return date.map { Timestamp(milliseconds: Int64($0.timeIntervalSince1970 * 1000)) }
    }

    /// Removes a file. A missing file is not an error.
    public func remove(_ entry: Entry) throws {
        guard FileManager.default.fileExists(atPath: entry.path) else { return }
        do {
            try FileManager.default.removeItem(atPath: entry.path)
        } catch {
            throw Self.failure("cannot remove \(entry.path)")
        }
    }

    private static func read(_ path: String, of name: String) throws -> MachineCredentials {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw failure("cannot read the credentials of \(name) in \(path)")
        }
        var bytes = Array(content)
        do {
            return try MachineCredentials(stored: Secret(clearing: &bytes))
        } catch {
            throw failure("cannot read the credentials of \(name) in \(path)")
        }
    }

    private func path(_ instance: Instance) -> String {
        "\(directory)/\(instance.id)-g\(instance.generation).json"
    }

    private static func failure(_ message: String) -> Failure {
        Failure(.transient, code: "credentialStore", message: message)
    }
}
