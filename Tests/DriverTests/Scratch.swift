import AuraModel
import ChildProcess
import DriverKit
import FoundationEssentials
import Logging

/// A test's own directory, with programs that the test writes into it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.path + "/aura-" + String(UInt64.random(in: .min ... .max), radix: 36)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes an executable shell script and returns its path.
    func program(_ name: String, _ script: String) throws -> String {
        let file = "\(path)/\(name)"
        try PrivateFile.write("#!/bin/sh\n" + script, to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file)
        return file
    }

    func text(_ name: String) throws -> String {
        String(decoding: try PrivateFile.read("\(path)/\(name)"), as: UTF8.self)
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }

    /// The relative path of every file and directory below `directory`.
    func names(below directory: String = "") -> [String] {
        (try? FileManager.default.subpathsOfDirectory(atPath: "\(path)/\(directory)")) ?? []
    }

    static let log = Logger(label: "test")
}

/// True if the process runs. False if it has ended and waits for its parent.
func isAlive(_ id: Int) -> Bool {
    guard let stat = try? PrivateFile.read("/proc/\(id)/stat") else { return false }
    let fields = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
    return fields?.first.map { $0 != "Z" && $0 != "X" } ?? false
}
