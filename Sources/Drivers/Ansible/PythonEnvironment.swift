internal import ChildProcess
internal import Glibc

/// The files of the Python environment to which a program belongs.
enum PythonEnvironment {
    /// Returns the directories and files that a Python program needs, apart from those of the system.
    ///
    /// A program of a virtual environment (PEP 405) needs the environment, and the installation of Python from which it
    /// was made. Any other program needs itself; its packages are the system's.
    static func paths(of program: String) -> [String] {
        let real = resolved(program)
        let root = parent(of: parent(of: real))
        guard let bytes = try? PrivateFile.read("\(root)/pyvenv.cfg", limitBytes: 64 << 10) else { return [real] }
        return [root] + homes(String(decoding: bytes, as: UTF8.self))
    }

    /// Returns the installations that a `pyvenv.cfg` names: `home` is the directory of their programs.
    static func homes(_ configuration: String) -> [String] {
        configuration.split(whereSeparator: \.isNewline).compactMap { line in
            let sides = line.split(separator: "=", maxSplits: 1).map { side in
                String(side.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
            }
            guard sides.count == 2, sides[0] == "home", sides[1].hasPrefix("/") else { return nil }
            let home = parent(of: resolved(sides[1]))
            // `/bin` is a part of the system, and its parent would be everything.
            return home == "/" ? nil : home
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
