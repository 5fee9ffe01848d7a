internal import Glibc

/// Functions that list and remove directories.
enum DirectoryTree {
    /// Returns the names in a directory; empty if it cannot be read.
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

    /// Removes a directory and its content. Symbolic links are removed, not followed. Returns true if the path no
    /// longer exists.
    static func remove(_ path: String) -> Bool {
        if unlink(path) == 0 || errno == ENOENT { return true }
        // The owner of a directory without permissions can set them, and can then empty the directory.
        chmod(path, 0o700)
        for name in names(in: path) { _ = remove("\(path)/\(name)") }
        return rmdir(path) == 0 || errno == ENOENT
    }
}
