internal import Glibc

/// Removing and listing directories.
enum DirectoryTree {
    /// The names in a directory, none where it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a directory and all in it; symbolic links are removed, not followed. Returns whether it is gone.
    static func remove(_ path: String) -> Bool {
        if unlink(path) == 0 || errno == ENOENT { return true }
        // A directory without rights for its owner can still be emptied once it has them.
        chmod(path, 0o700)
        for name in names(in: path) { _ = remove("\(path)/\(name)") }
        return rmdir(path) == 0 || errno == ENOENT
    }
}
