import AuraClient
import VaultKeys

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The key file of the vault, for the commands that make and change it without the daemon.
enum KeyFile {
    /// The key file if no path is given.
    static let usualPath = "/etc/aura/master.key"
    /// The longest key file, in bytes.
    private static let limitBytes = 64 << 10

    /// Returns true for the name of a key: 1 to 8 lower-case letters and digits.
    static func isKeyName(_ text: String) -> Bool {
        (1...8).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }

    /// Puts a line with a new key before the others, or after them.
    static func add(_ key: String, to path: String, first: Bool = true) throws {
        try change(path) { text, keys in
            guard !keys.ids.contains(key) else {
                throw Complaint(.usage, "cannot add the key \(key), the file has one of this name: choose another name")
            }
            let line = MasterKeys.newLine(id: key)
            if first { return "\(line)\n\(text)" }
            return text + (text.hasSuffix("\n") ? "" : "\n") + "\(line)\n"
        }
    }

    /// Moves the line of a key before the others.
    static func use(_ key: String, in path: String) throws {
        try change(path) { text, keys in
            guard keys.ids.contains(key) else {
                throw Complaint(
                    .usage,
                    "cannot use the key \(key), the file has no such key: it has \(keys.ids.joined(separator: ", "))")
            }
            var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            guard let index = lines.firstIndex(where: { isLine($0, of: key) }) else { return text }
            let line = lines.remove(at: index)
            return ([line] + lines).joined(separator: "\n")
        }
    }

    /// Returns the names of the keys in a key file, the current one first. Throws a ``Complaint`` if it cannot be used.
    static func names(in path: String) throws -> [String] { try keys(try text(of: path)).ids }

    private static func isLine(_ line: Substring, of key: String) -> Bool {
        let words = line.split(whereSeparator: \.isWhitespace)
        return words.count == 3 && words[1] == key && !words[0].hasPrefix("#")
    }

    /// Replaces the text of a key file. The new file replaces the old one at once, or not at all.
    private static func change(_ path: String, _ edit: (String, MasterKeys) throws -> String) throws {
        // A link would be replaced instead of its file.
        guard let resolved = realpath(path, nil) else {
            throw Complaint(
                .usage, "cannot use the key file \(path), \(String(cString: strerror(errno))): check its path")
        }
        defer { free(resolved) }
        let place = String(cString: resolved)
        // Also keeps two of these commands from changing the file at once.
        let new = try NewFile(
            "\(place).new", remedy: "wait for the other aura vault command, or remove the file if there is none")
        try fill(new) { new in
            let former = try text(of: place)
            var status = stat()
            guard stat(place, &status) == 0 else { throw replacing(path) }
            try new.take(owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o700)
            try new.finish(try edit(former, try keys(former)))
            guard rename(new.path, place) == 0 else { throw replacing(path) }
        }
        try sync(directoryOf: place)
    }

    /// Runs `body`, and removes the new file if that throws.
    static func fill(_ file: NewFile, _ body: (NewFile) throws -> Void) throws {
        do {
            try body(file)
        } catch {
            file.discard()
            throw error
        }
    }

    private static func text(of path: String) throws -> String {
        do {
            return try PrivateFile.text(of: path, "key file", owner: .userOrAnyForRoot, limitBytes: limitBytes)
        } catch {
            throw Complaint(.usage, error.message)
        }
    }

    private static func keys(_ text: String) throws -> MasterKeys {
        do {
            return try MasterKeys(text)
        } catch {
            throw Complaint(.usage, "\(error)")
        }
    }

    /// Makes the new name of a file durable.
    static func sync(directoryOf path: String) throws {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        let descriptor = open(end == path.startIndex ? "/" : String(path[..<end]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw Complaint(
                .cannotWrite,
                "cannot write the directory of \(path), \(String(cString: strerror(errno))): check the file")
        }
    }

    private static func replacing(_ path: String) -> Complaint {
        Complaint(
            .cannotWrite,
            "cannot replace the key file \(path), \(String(cString: strerror(errno))): nothing was changed")
    }

    /// Returns the path from the root directory on.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return "\(String(cString: directory))/\(path)"
    }
}
