import AuraModel
import Foundation
import GRDB
import Storage
import TestKit
import Testing

@testable import StorageSQLite

@Suite(.timeLimit(.minutes(3))) struct SQLiteOpeningTests {
    @Test func aSecondDaemonIsRefusedWhileTheFirstHasTheDatabaseOpen() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        try await { () async throws in
            let first = try SQLiteStore(path: path, kinds: .test, installation: "first")
            let error = try await expectStorageError(.unavailable) {
                try SQLiteStore(path: path, kinds: .test, installation: "second")
            }
            #expect(error.message.contains("in use by another aurad"))
            #expect(error.message.contains(path))
            _ = try await first.submit(Fixtures.provision(1, at: start))
        }()
        let again = try await Self.openOnceFree(path)
        #expect(again.installation == "first")
        #expect(try await again.head() == 1)
    }

    /// Opens the database as soon as its file lock is free. The lock of a store may outlive its scope for a moment: its
    /// last write may still run, or another test may be starting a process, which has all descriptors until it executes
    /// its program.
    private static func openOnceFree(_ path: String) async throws -> SQLiteStore {
        for _ in 0..<100_000 {
            do {
                return try SQLiteStore(path: path, kinds: .test, installation: "third")
            } catch {
                guard error.message.contains("in use by another aurad") else { throw error }
                await Task.yield()
            }
        }
        return try SQLiteStore(path: path, kinds: .test, installation: "third")
    }

    /// A file system gives the inode of a removed file to the next new file. The claim of the removed file must have
    /// ended by then.
    ///
    ///     one task:  claims a ─▶ removes a ─▶ ends the claim: closes a, forgets its inode
    ///     another:                                     makes b, which gets the inode ─▶ claims b
    @Test func aNewFileThatGetsTheInodeOfARemovedOneIsNotInUse() async throws {
        let directory = try TemporaryDirectory()
        let refusals = await withTaskGroup(of: [String].self) { group in
            for task in 1...4 {
                group.addTask {
                    (1...4000).compactMap { round in
                        let path = directory.file("\(task)-\(round).db")
                        do {
                            let file = try DatabaseFile(path: path, allowsNew: true)
                            unlink(path)
                            withExtendedLifetime(file) {}
                            return nil
                        } catch {
                            return "\(error)"
                        }
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(refusals == [])
    }

    /// A refused open must close only its own descriptor. A second close would close any file that got the same number
    /// in between.
    @Test func aRefusedOpenClosesOnlyItsOwnDescriptor() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        let store = try SQLiteStore(path: path, kinds: .test, installation: "first")
        await withTaskGroup(of: Void.self) { group in
            for _ in 1...4 {
                group.addTask {
                    for _ in 1...200 { _ = try? SQLiteStore(path: path, kinds: .test, installation: "second") }
                }
                group.addTask {
                    for _ in 1...200 {
                        let descriptor = open("/dev/null", O_RDONLY)
                        await Task.yield()
                        #expect(close(descriptor) == 0, "somebody else closed descriptor \(descriptor)")
                    }
                }
            }
        }
        _ = try await store.submit(Fixtures.provision(1, at: start))
    }

    /// The lock is on the file, so another path to the file does not get past it.
    @Test(arguments: ["symbolic link", "hard link", "lock file removed", "directory link"])
    func aSecondDaemonIsRefusedUnderAnyPathToTheDatabase(_ way: String) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        let first = try SQLiteStore(path: path, kinds: .test, installation: "first")
        var other = directory.file("other.db")
        switch way {
        case "symbolic link": try #require(symlink(path, other) == 0)
        case "hard link": try #require(link(path, other) == 0)
        case "directory link":
            try #require(symlink(directory.path, directory.file("d")) == 0)
            other = directory.file("d/aura.db")
        default:
            unlink(path + ".lock")
            other = path
        }
        let error = try await expectStorageError(.unavailable) {
            try SQLiteStore(path: other, kinds: .test, installation: "second")
        }
        #expect(error.message.contains("in use by another aurad"))
        // Another process does not share this process's register of open files. The kernel's lock keeps it out.
        let descriptor = open(other, O_RDONLY)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        _ = try await first.submit(Fixtures.provision(1, at: start))
    }

    /// A write fails if the database file was removed or replaced, since it would be lost when the process ends.
    @Test(arguments: [false, true])
    func writesFailIfTheDatabaseFileIsRemovedOrReplaced(isReplaced: Bool) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        let store = try SQLiteStore(path: path, kinds: .test, installation: "first")
        _ = try await store.submit(Fixtures.provision(1, at: start))
        try #require(rename(path, directory.file("moved.db")) == 0)
        if isReplaced { try Data().write(to: URL(filePath: path)) }
        let error = try await expectStorageError(.unavailable) {
            try await store.submit(Fixtures.provision(2, at: start))
        }
        #expect(error.message.contains("removed or replaced"))
        unlink(path)
        try #require(rename(directory.file("moved.db"), path) == 0)
        _ = try await store.submit(Fixtures.provision(2, at: start))
        #expect(try await store.head() == 2)
    }

    @Test func aNewDatabaseIsRefusedWhereNoneMayBeMade() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        for isEmpty in [false, true] {
            if isEmpty { try Data().write(to: URL(filePath: path)) }
            let error = try await expectStorageError(.unavailable) {
                try SQLiteStore(path: path, kinds: .test, claim: DatabaseClaim(installation: "first", allowsNew: false))
            }
            #expect(error.message.contains("put that database or a backup back"))
        }
        unlink(path)
        _ = try SQLiteStore(path: path, kinds: .test, installation: "first")
        _ = try await Self.openOnceFree(path)
    }

    @Test(arguments: ["CREATE TABLE song (title TEXT)", "PRAGMA application_id = 4711"])
    func aDatabaseOfAnotherProgramIsRefusedAndLeftAlone(_ statement: String) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("songs.db")
        try await DatabaseQueue(path: path).write { try $0.execute(sql: statement) }
        let before = try Data(contentsOf: URL(filePath: path))
        let error = try await expectStorageError(.unavailable) {
            try SQLiteStore(path: path, kinds: .test, installation: "first")
        }
        #expect(error.message.contains("another program made it"))
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    /// A database without the application id is accepted and gets it.
    @Test func aDatabaseWithoutAnApplicationIDGetsIt() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        try await { () async throws in
            let store = try SQLiteStore(path: path, kinds: .test, installation: "first")
            try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA application_id = 0") }
        }()
        let again = try await Self.openOnceFree(path)
        #expect(again.installation == "first")
        let id = try await again.pool.read { try Int32.fetchOne($0, sql: "PRAGMA application_id") }
        #expect(id == 0x4155_5241)
    }

    /// SQLite's files next to the database have its permissions.
    @Test func theDatabaseIsAccessibleToItsOwnerOnly() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        try Data().write(to: URL(filePath: path))
        try #require(chmod(path, 0o644) == 0)
        let store = try SQLiteStore(path: path, kinds: .test, installation: "first")
        _ = try await store.submit(Fixtures.provision(1, at: start))
        for file in [path, path + "-wal", path + "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
        }
    }

    /// A copy is another file, whose history differs from then on.
    @Test func aCopyBeginsAnotherEpoch() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        let claim = { (name: String) in DatabaseClaim(installation: "first", newEpoch: name) }
        #expect(try SQLiteStore(path: path, kinds: .test, claim: claim("a")).epoch == "a")
        var same = try await Self.openOnceFree(path)
        #expect(same.epoch == "a")
        try FileManager.default.copyItem(atPath: path, toPath: directory.file("copy.db"))
        #expect(try SQLiteStore(path: directory.file("copy.db"), kinds: .test, claim: claim("b")).epoch == "b")
        same = try SQLiteStore(path: directory.file("new.db"), kinds: .test, claim: claim("c"))
        #expect(same.epoch == "c")
    }

    @Test func aDatabaseOfANewerVersionIsRefusedAndLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        _ = try SQLiteStore(path: path, kinds: .test, installation: "first")
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        let error = try await expectStorageError(.newerSchema) { try await Self.openOnceFree(path) }
        #expect(error.message.contains("schema 99"))
        #expect(error.message.contains("run the newer aurad"))
        let version = try await DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
        #expect(version == 99)
    }

    @Test func aFileThatIsNoDatabaseIsRefused() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        try Data(repeating: 0x41, count: 8192).write(to: URL(filePath: path))
        let error = try await expectStorageError(.unavailable) {
            try SQLiteStore(path: path, kinds: .test, installation: "first")
        }
        #expect(error.message.contains(path))
        #expect(error.message.hasPrefix("cannot open"))
    }

    @Test func aDirectoryThatIsMissingIsNamed() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("missing/aura.db")
        let error = try await expectStorageError(.unavailable) {
            try SQLiteStore(path: path, kinds: .test, installation: "first")
        }
        #expect(error.message.contains(path))
        #expect(error.message.contains("check that its directory exists"))
    }

    @Test(
        .enabled("needs a file system that can be mounted read-only, or a user other than root") { canBeUnwritable() })
    func aDirectoryThatCannotBeWrittenIsNamed() async throws {
        let place = try UnwritableDirectory()
        let path = place.path + "/aura.db"
        let error = try await expectStorageError(.unavailable) {
            try SQLiteStore(path: path, kinds: .test, installation: "first")
        }
        #expect(error.message.contains(path))
        #expect(error.message.contains("may write there"))
    }

    @Test func theDatabaseUsesWALAndFullSynchronousCommits() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore(path: directory.file("aura.db"), kinds: .test, installation: "first")
        let (journal, synchronous) = try await store.pool.writeWithoutTransaction { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(database, sql: "PRAGMA synchronous")
            )
        }
        #expect((journal, synchronous) == ("wal", 2))
    }
}
