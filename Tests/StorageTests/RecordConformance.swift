import AuraModel
import JSON
import Storage
import TestKit
import Testing

/// Records of features.
@Suite(.timeLimit(.minutes(3))) struct RecordConformance {
    private static let collection: RecordCollection = "test.item"

    private static func id(_ key: String) -> RecordID { RecordID(collection, key) }

    private static func contents(
        _ key: String = "a", tenant: TenantID? = nil, parent: String? = nil, _ value: JSONValue = 1,
        due: Timestamp? = nil
    ) -> RecordContents {
        RecordContents(id(key), tenant: tenant, parent: parent, value: value, due: due)
    }

    private static func write(
        _ changes: RecordChange..., once: RecordContents? = nil, in scope: TenantScope = .all,
        at now: Timestamp = start
    ) -> RecordWrite {
        RecordWrite(changes, in: scope, once: once, now: now)
    }

    private static func keys(_ page: Page<Record>) -> [String] { page.rows.map(\.id.key) }

    private static func present(_ store: any Store) async throws -> [Record] {
        try await store.records(RecordQuery(collection, scope: .all, limit: 1000)).rows
    }

    // MARK: Changes

    @Test(arguments: StoreUnderTest.all) func aChangeNamesTheVersionThatItReplaces(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        #expect(try await store.record(Self.id("a"), in: .all) == nil)
        let first = Self.contents(parent: "p", ["n": 1, "t": "\u{e9}\n\"\u{1f600}"], due: start)
        #expect(try await store.write(Self.write(.insert(first))))
        let made = Record(first, version: 1, createdAt: start, updatedAt: start)
        #expect(try await store.record(Self.id("a"), in: .all) == made)

        let second = Self.contents("a", .null)
        let later = start + .seconds(5)
        for version in [0, 2] {
            let refusal = try await expectStorageError(.conflict) {
                try await store.write(Self.write(.replace(second, version: version), at: later))
            }
            #expect(
                refusal.message
                    == "the record test.item a has changed since it was read: read it again, and decide again")
            try await expectStorageError(.conflict) {
                try await store.write(Self.write(.delete(Self.id("a"), version: version), at: later))
            }
        }
        let taken = try await expectStorageError(.conflict) { try await store.write(Self.write(.insert(second))) }
        #expect(taken.message == "the record test.item a exists: read it, and decide again")
        #expect(try await store.record(Self.id("a"), in: .all) == made)

        try await store.write(Self.write(.replace(second, version: 1), at: later))
        #expect(
            try await store.record(Self.id("a"), in: .all)
                == Record(second, version: 2, createdAt: start, updatedAt: later))
        try await store.write(Self.write(.delete(Self.id("a"), version: 2)))
        #expect(try await store.record(Self.id("a"), in: .all) == nil)
        try await expectStorageError(.conflict) {
            try await store.write(Self.write(.replace(second, version: 2)))
        }
    }

    @Test(arguments: StoreUnderTest.all) func aWriteIsMadeAsAWholeOrNotAtAll(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await store.write(Self.write(.insert(Self.contents("a"))))
        let before = try await Self.present(store)
        var write = Self.write(
            .insert(Self.contents("b")), .replace(Self.contents("a", 2), version: 1), .delete(Self.id("c"), version: 1))
        write.events = [EventDraft(at: start, type: .alertRaised, tenant: Tenant.default, message: "m")]
        try await expectStorageError(.conflict) { try await store.write(write) }
        #expect(try await Self.present(store) == before)
        #expect(try await store.ledger().isEmpty)

        write.changes.removeLast()
        try await store.write(write)
        #expect(try await Self.present(store).map(\.value) == [2, 1])
        #expect(try await store.ledger().map(\.entry.message) == ["m"])
    }

    /// Changes of one write see those before them.
    @Test(arguments: StoreUnderTest.all) func changesOfAWriteFollowEachOther(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await store.write(
            Self.write(
                .insert(Self.contents("a")), .replace(Self.contents("a", 2), version: 1),
                .delete(Self.id("a"), version: 2), .insert(Self.contents("a", 3))))
        #expect(try await Self.present(store).map(\.value) == [3])
        #expect(try await Self.present(store).map(\.version) == [1])
    }

    @Test(arguments: StoreUnderTest.all) func aWriteWithAMarkIsMadeOnce(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let mark = RecordContents(RecordID("test.delivery", "evt_1"), value: .null, due: start)
        func deliver() async throws -> Bool {
            var write = Self.write(.touch(Self.contents("a", due: start)), once: mark)
            write.events = [EventDraft(at: start, type: .alertRaised, tenant: Tenant.default, message: "m")]
            return try await store.write(write)
        }
        #expect(try await deliver())
        #expect(try await deliver() == false)
        #expect(try await Self.present(store).map(\.version) == [1])
        #expect(try await store.ledger().count == 1)
        #expect(try await store.record(mark.id, in: .all)?.contents == mark)
    }

    @Test(arguments: StoreUnderTest.all) func aMarkOfARefusedWriteIsNotKept(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let mark = RecordContents(RecordID("test.delivery", "evt_1"), value: .null)
        try await expectStorageError(.conflict) {
            try await store.write(Self.write(.delete(Self.id("a"), version: 1), once: mark))
        }
        #expect(try await store.record(mark.id, in: .all) == nil)
    }

    /// A worker that read a record before it was touched cannot settle it.
    @Test(arguments: StoreUnderTest.all) func aTouchIsNeverLost(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let early = start + .seconds(10)
        let late = start + .seconds(20)
        try await store.write(Self.write(.touch(Self.contents("a", tenant: Tenant.default, parent: "p", 7, due: late))))
        let read = try #require(try await store.record(Self.id("a"), in: .all))
        #expect(read.contents == Self.contents("a", tenant: Tenant.default, parent: "p", 7, due: late))

        try await store.write(Self.write(.touch(Self.contents("a", .null, due: early))))
        try await store.write(Self.write(.touch(Self.contents("a", .null, due: late))))
        var settled = read.contents
        settled.due = nil
        try await expectStorageError(.conflict) {
            try await store.write(Self.write(.replace(settled, version: read.version)))
        }
        let touched = try #require(try await store.record(Self.id("a"), in: .all))
        #expect((touched.version, touched.value, touched.contents.parent) == (3, 7, "p"))
        #expect(touched.contents.due == early)
        try await store.write(Self.write(.replace(settled, version: 3)))
        try await store.write(Self.write(.touch(Self.contents("a", .null, due: early))))
        #expect(try await store.record(Self.id("a"), in: .all)?.contents.due == early)
    }

    // MARK: Reads

    @Test(arguments: StoreUnderTest.all) func pagesAreInTheOrderOfTheKeysBytes(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let keys = ["B", "a", "a b", "a-b", "a0", "b", "z", "\u{e9}", "\u{ffff}", "\u{1f600}"]
        for (number, key) in keys.shuffled().enumerated() {
            try await store.write(Self.write(.insert(Self.contents(key, parent: "p\(number % 2)"))))
        }
        try await store.write(Self.write(.insert(RecordContents(RecordID("test.items", "c"), value: 1))))
        for limit in [1, 3, 100] {
            for isDescending in [false, true] {
                var found: [String] = []
                while true {
                    let page = try await store.records(
                        RecordQuery(
                            Self.collection, scope: .all, after: found.last, isDescending: isDescending, limit: limit))
                    found += Self.keys(page)
                    #expect(page.lastKey == (page.isEmpty ? nil : found.last))
                    if page.isEmpty { break }
                }
                #expect(found == (isDescending ? keys.reversed() : keys))
            }
        }
        let children = try await store.records(RecordQuery(Self.collection, scope: .all, parent: "p1"))
        #expect(children.count == 5 && children.rows.allSatisfy { $0.contents.parent == "p1" })
    }

    @Test(arguments: StoreUnderTest.all) func recordsAreDueInTheirOrder(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        #expect(try await store.nextDue(of: Self.collection) == nil)
        for (key, seconds) in [("d", 3), ("a", 3), ("c", 1), ("b", 9), ("e", nil)] as [(String, Int?)] {
            try await store.write(Self.write(.insert(Self.contents(key, due: seconds.map { start + .seconds($0) }))))
        }
        func due(_ seconds: Int, limit: Int = 10) async throws -> [String] {
            Self.keys(try await store.dueRecords(of: Self.collection, at: start + .seconds(seconds), limit: limit))
        }
        #expect(try await due(0) == [])
        #expect(try await due(3) == ["c", "a", "d"])
        #expect(try await due(3, limit: 2) == ["c", "a"])
        #expect(try await due(100) == ["c", "a", "d", "b"])
        #expect(try await store.nextDue(of: Self.collection) == start + .seconds(1))
        #expect(try await store.nextDue(of: "test.items") == nil)
    }

    @Test(arguments: StoreUnderTest.all) func theScopeOfAllTenantsHasTheInstallation(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let scope = TenantScope.only([Tenant.default])
        try await store.write(Self.write(.insert(Self.contents("ours"))))
        try await store.write(Self.write(.insert(Self.contents("theirs", tenant: Tenant.default)), in: scope))
        #expect(try await store.record(Self.id("ours"), in: scope) == nil)
        #expect(try await store.record(Self.id("theirs"), in: scope) != nil)
        #expect(Self.keys(try await store.records(RecordQuery(Self.collection, scope: scope))) == ["theirs"])
        for change in [
            RecordChange.insert(Self.contents("new")), .replace(Self.contents("ours"), version: 1),
            .delete(Self.id("ours"), version: 1), .touch(Self.contents("ours")),
            // The owner of a record never changes.
            .replace(Self.contents("theirs"), version: 1),
        ] {
            try await expectStorageError(.conflict) { try await store.write(Self.write(change, in: scope)) }
        }
        #expect(try await Self.present(store).map(\.version) == [1, 1])
    }

    @Test(arguments: StoreUnderTest.withRows) func aDamagedRowKeepsItsPosition(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        for key in ["a", "b c", "d"] { try await store.write(Self.write(.insert(Self.contents(key, due: start)))) }
        try await subject.run("UPDATE record SET value = '{' WHERE key = 'b c'", beside: store)
        for page in [
            try await store.records(RecordQuery(Self.collection, scope: .all)),
            try await store.dueRecords(of: Self.collection, at: start, limit: 10),
        ] {
            #expect(Self.keys(page) == ["a", "d"])
            #expect(page.unreadable.map(\.id) == ["test.item b c"])
        }
        let firstTwo = try await store.records(RecordQuery(Self.collection, scope: .all, limit: 2))
        #expect(firstTwo.lastKey == "b c")
        try await expectStorageError(.corrupt) { try await store.record(Self.id("b c"), in: .all) }
        try await expectStorageError(.corrupt) {
            try await store.write(Self.write(.touch(Self.contents("b c", due: start))))
        }
    }

    // MARK: Limits

    @Test(arguments: StoreUnderTest.all) func lengthsHaveALimit(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let longest = String(repeating: "v", count: RecordContents.valueBytesAtMost - 2)
        let key = String(repeating: "k", count: RecordContents.keyBytesAtMost)
        try await store.write(Self.write(.insert(Self.contents(key, .string(longest)))))
        #expect(try await Self.present(store).map(\.value) == [.string(longest)])
        for contents in [Self.contents(""), Self.contents(key + "k"), Self.contents("a", .string(longest + "v"))] {
            for change in [RecordChange.insert(contents), .touch(contents)] {
                try await expectStorageError(.quotaExceeded) { try await store.write(Self.write(change)) }
            }
        }
    }

    @Test(arguments: StoreUnderTest.all) func aTextThatNoDatabaseHoldsIsRefused(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        for contents in [
            Self.contents("a\u{0}"), Self.contents(parent: "\u{0}"), Self.contents("a", "\u{0}"),
            Self.contents("a", [["n": ["\u{0}"]]]), Self.contents("a", ["\u{0}": 1]),
        ] {
            try await expectStorageError(.corrupt) { try await store.write(Self.write(.insert(contents))) }
        }
        #expect(try await Self.present(store).isEmpty)
    }

    @Test(arguments: StoreUnderTest.all) func concurrentWritersKeepALimit(_ subject: StoreUnderTest) async throws {
        let pair = try await pair(subject)
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 1...20 {
                group.addTask {
                    var write = Self.write(.insert(Self.contents("k\(number)", tenant: Tenant.default)))
                    write.limits = [RecordLimit(Self.collection, of: Tenant.default, atMost: 5)]
                    return (try? await pair[number % 2].write(write)) == true
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 5)
        #expect(try await Self.present(pair[0]).count == 5)
    }

    // MARK: Concurrency

    private func pair(_ subject: StoreUnderTest) async throws -> [any Store] {
        let place = try StorePlace()
        let first = ProbedStore(try await subject.open(place), keeping: place)
        return [first, subject.isShared ? try await subject.open(place) : first]
    }

    /// Two daemons get each of 40 deliveries three times, and one of them settles what is due. Each delivery counts once.
    @Test(arguments: StoreUnderTest.all) func deliveriesCountOnceBesideAWorker(_ subject: StoreUnderTest) async throws {
        let pair = try await pair(subject)
        async let settled = Self.settle(pair[1])
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in (0..<120).shuffled() {
                group.addTask {
                    let mark = RecordContents(RecordID("test.delivery", "evt_\(number % 40)"), value: .null)
                    let target = Self.contents("sub_\(number % 4)", 0, due: start)
                    // The collections are named in two orders.
                    let other = RecordContents(RecordID("test.z", "z\(number % 4)"), value: .null)
                    let changes: [RecordChange] =
                        number.isMultiple(of: 2)
                        ? [.touch(target), .touch(other)]
                        : [.touch(other), .touch(target)]
                    return try await pair[number % 2].write(
                        RecordWrite(changes, in: .all, once: mark, now: start))
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 40)
        try await pair[0].write(
            Self.write(.insert(RecordContents(RecordID("test.end", "end"), value: .null))))
        #expect(try await settled >= 4)
        let records = try await Self.present(pair[0])
        #expect(records.count == 4 && records.allSatisfy { $0.contents.due == nil })
        // Each touch and each settlement raised the version once.
        let settlements = records.reduce(0) { total, record in
            guard case .integer(let count) = record.value else { return total }
            return total + Int(count)
        }
        #expect(records.reduce(0) { $0 + $1.version } == 40 + settlements)
    }

    /// Settles due records until nothing is due after the record `test.end` was written. The value counts settlements.
    private static func settle(_ store: any Store) async throws -> Int {
        var settled = 0
        while true {
            let isOver = try await store.record(RecordID("test.end", "end"), in: .all) != nil
            let due = try await store.dueRecords(of: collection, at: start, limit: 10).rows
            if isOver, due.isEmpty { return settled }
            for record in due {
                guard case .integer(let count) = record.value else { continue }
                var contents = record.contents
                contents.value = .integer(count + 1)
                contents.due = nil
                do {
                    try await store.write(write(.replace(contents, version: record.version)))
                    settled += 1
                } catch {
                    guard error.code == .conflict else { throw error }
                }
            }
            await Task.yield()
        }
    }

    // MARK: Operations

    @Test(arguments: StoreUnderTest.all) func anOperationCarriesRecords(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        func provision(_ number: Int, key: String) -> Submission {
            var submission = Fixtures.provision(
                number, key: Idempotency(scope: "default", key: key, request: "r"), at: start)
            submission.records = [.insert(Self.contents("si_1 0", tenant: Tenant.default, .integer(Int64(number))))]
            return submission
        }
        #expect(try await store.submit(provision(1, key: "a")).isRepetition == false)
        #expect(try await store.submit(provision(1, key: "a")).isRepetition)
        #expect(try await Self.present(store).map(\.value) == [1])
        // Another instance for the same claim is refused as a whole.
        try await expectStorageError(.conflict) { try await store.submit(provision(2, key: "b")) }
        #expect(try await store.instances(InstanceQuery(scope: .all)).count == 1)
        #expect(try await store.ledger().count == 1)
        #expect(try await Self.present(store).map(\.version) == [1])
    }

    /// Of two daemons that submit an instance for the same claim, one succeeds.
    @Test(arguments: StoreUnderTest.all) func aClaimIsTakenOnce(_ subject: StoreUnderTest) async throws {
        let pair = try await pair(subject)
        let codes = await withTaskGroup(of: StorageError.Code?.self) { group in
            for number in 1...10 {
                group.addTask {
                    var submission = Fixtures.provision(number, at: start)
                    submission.records = [.insert(Self.contents("si_1 0"))]
                    do {
                        _ = try await pair[number % 2].submit(submission)
                        return nil
                    } catch {
                        return (error as? StorageError)?.code ?? .corrupt
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1 && codes.count { $0 == .conflict } == 9, "\(codes)")
        #expect(try await pair[0].instances(InstanceQuery(scope: .all)).count == 1)
        #expect(try await pair[0].ledger().count == 1)
    }
}
