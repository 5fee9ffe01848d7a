import AuraModel
import Testing

@testable import ChildProcess

/// Work directories, which are removed together with their processes.
@Suite struct WorkDirectoryTests {
    private let scratch: Scratch
    private let work: WorkDirectory

    init() throws {
        scratch = try Scratch()
        work = WorkDirectory(path: "\(scratch.path)/deep/runs", time: SystemTime(), log: Scratch.log)
    }

    private struct Oops: Error {}

    @Test func eachRunHasAPrivateDirectory() async throws {
        let first = try await work.withDirectory { first in
            try await work.withDirectory { second in
                #expect(first != second)
                try PrivateFile.write("secret", to: "\(second)/key")
                let modes = try await modes(of: [first, second, "\(second)/key", "\(scratch.path)/deep/runs"])
                #expect(modes == ["700", "700", "600", "700"])
            }
            return first
        }
        #expect(!scratch.exists(first))
    }

    @Test func theDirectoryIsRemovedIfTheBodyFails() async throws {
        var path = ""
        await #expect(throws: Oops.self) {
            try await work.withDirectory { directory in
                path = directory
                try PrivateFile.makeDirectory("\(directory)/locked")
                try PrivateFile.write("x", to: "\(directory)/locked/file")
                throw Oops()
            }
        }
        #expect(!path.isEmpty)
        #expect(!scratch.exists(path))
    }

    @Test func linksAreRemovedAndNotFollowed() async throws {
        try PrivateFile.write("keep", to: "\(scratch.path)/outside")
        _ = try await work.withDirectory { directory in
            try await shell(
                "ln -s '\(scratch.path)' link; ln -s '\(scratch.path)/outside' file; mkdir -m 000 closed", in: directory
            )
        }
        #expect(try scratch.text("outside") == "keep")
    }

    @Test func aFileThatExistsIsNotOverwritten() throws {
        try PrivateFile.write("first", to: "\(scratch.path)/file")
        let error = #expect(throws: ChildError.self) { try PrivateFile.write("second", to: "\(scratch.path)/file") }
        #expect(error?.message == "cannot create \(scratch.path)/file: file exists")
        #expect(try scratch.text("file") == "first")
    }

    @Test func sweepKeepsDirectoriesInUse() async throws {
        try await work.withDirectory { directory in
            try PrivateFile.write("x", to: "\(directory)/file")
            await WorkDirectory(path: "\(scratch.path)/deep/runs", time: SystemTime(), log: Scratch.log).sweep()
            #expect(scratch.exists("\(directory)/file"))
        }
    }

    /// A killed daemon leaves its directory, a lock file that no process holds, and a child process.
    @Test func sweepRemovesDirectoriesAndProcessesOfADeadDaemon() async throws {
        let dead = "\(scratch.path)/deep/runs/abc"
        try PrivateFile.makeDirectories("\(dead)/r1/ssh")
        try PrivateFile.write("", to: "\(dead)/lock")
        try PrivateFile.write("secret", to: "\(dead)/r1/ssh/id_ed25519")
        try await shell(
            "HOME='\(dead)/r1' setsid sleep 1000 >/dev/null 2>&1 & echo $! > '\(scratch.path)/id'", in: scratch.path)
        let id = try #require(Int(try scratch.text("id").dropLast()))
        #expect(isAlive(id))
        await work.sweep()
        #expect(!isAlive(id))
        #expect(!scratch.exists(dead))
    }

    @Test func sweepOfAMissingDirectoryDoesNothing() async {
        await work.sweep()
        #expect(scratch.names().isEmpty)
    }

    @Test(arguments: [
        ("/w/a/r1", true), ("/w/a/r1/ssh", true), ("HOME=/w/a/r1\0PATH=/bin", true), ("ssh: /w/a/r1/cp/x [mux]", true),
        ("\"/w/a/r1\"", true), ("/w/a/r12", false), ("/w/a/r1.old", false), ("/w/a", false), ("/w/a/r12 /w/a/r1", true),
    ])
    func aDirectoryIsRecognisedOnlyByItsWholePath(text: String, isThere: Bool) {
        #expect(ProcessTable.mentions(Array(text.utf8), Array("/w/a/r1".utf8)) == isThere)
    }

    private func modes(of paths: [String]) async throws -> [String] {
        try await shell("stat -c %a " + paths.map { "'\($0)'" }.joined(separator: " "), in: scratch.path)
            .split(separator: "\n").map(String.init)
    }

    @discardableResult
    private func shell(_ script: String, in directory: String) async throws -> String {
        let said = TailBox()
        let child = ChildProcess(
            executable: "/bin/sh", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: directory, timeLimit: .seconds(60))
        _ = try await child.run(time: SystemTime()) { said.append($0) }
        return said.tail.text
    }
}
