import AuraModel
import JSON
import Storage

/// The sweep's events.
enum SweepEvents {
    /// Of an instance that it changed.
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

    /// Of a thing that is nobody's. It has no tenant, and so is the operator's.
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
