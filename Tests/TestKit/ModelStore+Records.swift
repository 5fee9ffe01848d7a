public import AuraModel
public import Storage

/// Records of features.
extension ModelStore {
    public func record(_ id: RecordID, in scope: TenantScope) async throws(StorageError) -> Record? {
        read { $0.records[id] }.flatMap { scope.contains($0.contents.tenant) ? $0 : nil }
    }

    public func records(_ query: RecordQuery) async throws(StorageError) -> Page<Record> {
        let found = read { $0.records.values }.filter { record in
            guard record.id.collection == query.collection, query.scope.contains(record.contents.tenant) else {
                return false
            }
            if let parent = query.parent, record.contents.parent != parent { return false }
            guard let after = query.after, record.id.key != after else { return query.after == nil }
            return precedes(after, record.id.key) != query.isDescending
        }
        let sorted = found.sorted { precedes($0.id.key, $1.id.key) != query.isDescending }
        return Page(rows: sorted.prefix(query.limit))
    }

    public func dueRecords(
        of collection: RecordCollection, at now: Timestamp, limit: Int
    ) async throws(StorageError) -> Page<Record> {
        let found = due(collection).filter { $0.due <= now }
            .sorted { $0.due == $1.due ? precedes($0.record.id.key, $1.record.id.key) : $0.due < $1.due }
        return Page(rows: found.map(\.record).prefix(limit))
    }

    public func nextDue(of collection: RecordCollection) async throws(StorageError) -> Timestamp? {
        due(collection).map(\.due).min()
    }

    private func due(_ collection: RecordCollection) -> [(record: Record, due: Timestamp)] {
        read { $0.records.values }.filter { $0.id.collection == collection }
            .compactMap { record in record.contents.due.map { (record, $0) } }
    }

    public func write(_ write: RecordWrite) async throws(StorageError) -> Bool {
        try self.write { rows throws(StorageError) in
            var changed = ModelRecordRows(records: rows.records)
            guard try converted({ try changed.write(write) }) else { return false }
            rows.records = changed.records
            rows.append(write.events)
            rows.audit.append(write.audit)
            return true
        }
    }
}

/// The rows of records, in memory.
struct ModelRecordRows: RecordRows {
    var records: [RecordID: Record]

    func lock(_ collection: RecordCollection) {}
    func record(_ id: RecordID) -> Record? { records[id] }
    mutating func insert(_ record: Record) { records[record.id] = record }
    mutating func update(_ record: Record) { records[record.id] = record }
    mutating func delete(_ id: RecordID) { records[id] = nil }

    func count(_ collection: RecordCollection, of tenant: TenantID) -> Int {
        records.values.count { $0.id.collection == collection && $0.contents.tenant == tenant }
    }
}

/// The order of keys: by their bytes.
private func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
