import AuraModel
import JSON
import Storage

/// Builds the sweep's events.
enum SweepEvents {
    /// Returns an event about an instance that the sweep changed because of one of its resources. Its data has the id of the
    /// resource, such as `serverId`.
    static func draft(
        _ type: EventType, _ message: String, of instance: Instance, _ resource: Observation.Key, code: String? = nil,
        at now: Timestamp
    ) -> EventDraft {
        var draft = EventDraft(at: now, type: type, tenant: instance.tenant, message: message)
        draft.instance = instance.id
        draft.change = instance.change
        draft.phase = instance.phase
        var data: JSONObject = [:]
        if let code { data["code"] = .string(code) }
        data["\(resource.kind.rawValue)Id"] = .string(resource.id)
        draft.data = .object(data)
        return draft
    }

    /// Returns an event about a resource without an owner. It has no tenant either, so its event carries the
    /// default tenant: it concerns the operator.
    static func draft(
        _ type: EventType, _ message: String, of resource: Resource, reason: String, code: String? = nil,
        at now: Timestamp
    ) -> EventDraft {
        var draft = EventDraft(at: now, type: type, tenant: Tenant.default, message: message)
        var data: JSONObject = [
            "kind": .string(resource.key.kind.rawValue), "id": .string(resource.key.id), "name": .string(resource.name),
            "reason": .string(reason),
        ]
        if let code { data["code"] = .string(code) }
        if let instance = resource.instance { data["instance"] = .string(instance.text) }
        draft.data = .object(data)
        return draft
    }
}
