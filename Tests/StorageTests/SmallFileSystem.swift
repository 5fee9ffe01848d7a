import Foundation
import TestKit

/// A small tmpfs, for tests with a full disk. Only root can mount one.
final class SmallFileSystem: Sendable {
    private let directory: TemporaryDirectory

    var path: String { directory.path }

    /// Returns `nil` if this process cannot mount a file system.
    init?(options: String) throws {
        directory = try TemporaryDirectory()
        guard Self.run("mount", ["-t", "tmpfs", "-o", options, "aura-test", directory.path]) else { return nil }
    }

    deinit {
        _ = Self.run("umount", ["-l", directory.path])
    }

    /// Whether this process can mount a file system.
    static func isAvailable() -> Bool {
        (try? SmallFileSystem(options: "size=64k")) != nil
    }

    private static func run(_ program: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// A directory in which no file can be created: by a read-only mount for root, by its mode for other users.
final class UnwritableDirectory: Sendable {
    private let mounted: SmallFileSystem?
    private let directory: TemporaryDirectory

    var path: String { mounted?.path ?? directory.path }

    init() throws {
        directory = try TemporaryDirectory()
        mounted = geteuid() == 0 ? try SmallFileSystem(options: "size=64k,ro") : nil
        if mounted == nil { chmod(directory.path, 0o500) }
    }
}

func canBeUnwritable() -> Bool {
    geteuid() != 0 || SmallFileSystem.isAvailable()
}
