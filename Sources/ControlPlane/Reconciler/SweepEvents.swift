import AuraModel
import JSON
import Storage

/// Builds the sweep's events.
enum SweepEvents {
    /// Returns an event about an instance that the sweep changed.
    static func draft(
        _ type: EventType, _ message: String, of instance: Instance, code: String? = nil, at now: Timestamp
    ) -> EventDraft {
        var draft = EventDraft(at: now, type: type, tenant: instance.tenant, message: message)
        draft.instance = instance.id
        draft.change = instance.change
        draft.phase = instance.phase
        var data: JSONObject = [:]
        if let code { data["code"] = .string(code) }
        if let server = instance.server { data["serverId"] = .string(server.id) }
        draft.data = .object(data)
        return draft
    }

    /// Returns an event about a resource without an owner. It has no tenant either, so its event carries the
    /// default tenant: it concerns the operator.
    static func draft(
        _ type: EventType, _ message: String, of thing: Thing, reason: String, code: String? = nil, at now: Timestamp
    ) -> EventDraft {
        var draft = EventDraft(at: now, type: type, tenant: Tenant.default, message: message)
        var data: JSONObject = [
            "kind": .string(thing.key.kind.rawValue), "id": .string(thing.key.id), "name": .string(thing.name),
            "reason": .string(reason),
        ]
        if let code { data["code"] = .string(code) }
        if let instance = thing.instance { data["instance"] = .string(instance.text) }
        draft.data = .object(data)
        return draft
    }
}
