public import AuraModel
public import Storage

/// Observations, and the changes of a sweep.
extension ModelStore {
    public func observations() async throws(StorageError) -> Page<Observation> {
        read { rows in
            Page(
                rows: rows.observations.values.sorted {
                    ($0.key.kind.rawValue, $0.key.id) < ($1.key.kind.rawValue, $1.key.id)
                })
        }
    }

    public func recordSweep(_ record: SweepRecord) async throws(StorageError) -> Set<InstanceID> {
        try write { rows in
            for observation in record.kept { rows.observations[observation.key] = observation }
            for key in record.forgotten { rows.observations[key] = nil }
            var changed: Set<InstanceID> = []
            for change in record.changes {
                let id = change.instance.id
                guard let present = rows.find(.id(id)), present.updatedAt == change.seen, rows.active(of: id).isEmpty
                else { continue }
                var instance = change.instance
                instance.desired = present.desired
                rows.put(instance)
                rows.append(change.events)
                changed.insert(id)
            }
            rows.append(record.events)
            return changed
        }
    }
}
