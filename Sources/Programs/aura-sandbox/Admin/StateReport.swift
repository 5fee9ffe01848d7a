import FoundationEssentials
import JSON

/// `GET /_sandbox/state`: resources, faults, counts and, under `past`, deleted resources.
enum StateReport {
    /// The whole report.
    static func json(_ cloud: Cloud) -> JSONValue {
        let routes = cloud.counts.byRoute.sorted { $0.key < $1.key }
        return [
            "servers": .array(cloud.servers.all.map(server)),
            "sshKeys": .array(
                cloud.keys.all.map {
                    ["id": .integer($0.id), "name": .string($0.name), "fingerprint": .string($0.fingerprint)]
                }),
            "firewalls": .array(cloud.firewalls.all.map(\.json)),
            "devices": .array(cloud.tailnet.devices.map(\.json)),
            "authKeys": .array(cloud.tailnet.keys.map { key($0, cloud.now) }),
            "containers": .strings(cloud.containers.sorted()),
            "faults": .array(cloud.faults.all.map(\.json)),
            "past": [
                "servers": .array(cloud.deleted.servers.map(server)),
                "devices": .array(cloud.tailnet.goneDevices.map(\.json)),
                "sshKeys": others("sshKey", cloud.deleted), "firewalls": others("firewall", cloud.deleted),
            ],
            "requests": [
                "total": .count(cloud.counts.total), "rateLimited": .count(cloud.counts.rateLimited),
                "byRoute": .object(JSONObject(uniqueKeysWithValues: routes.map { ($0.key, .count($0.value)) })),
            ],
            "createdServers": .count(cloud.createdServers), "stripe": StripeReport.json(cloud.stripe),
        ]
    }

    private static func server(_ server: Server) -> JSONValue {
        [
            "id": .integer(server.id), "name": .string(server.name), "labels": .labels(server.labels),
            "status": .string(server.status.rawValue), "address": .text(server.ipv4?.text),
            "type": .string(server.type.name), "location": .string(server.location.name),
            "created": .time(server.created), "gone": .time(server.gone), "locked": .bool(server.isLocked),
            "firewalls": .array(server.firewalls.map { .integer($0.id) }), "userData": .text(server.userData),
        ]
    }

    private static func key(_ key: AuthKey, _ now: Date) -> JSONValue {
        [
            "id": .string(key.id), "used": .bool(key.uses > 0), "uses": .count(key.uses),
            "revoked": .bool(key.revoked != nil), "expired": .bool(key.expires <= now), "tags": .strings(key.tags),
            "description": .string(key.description),
        ]
    }

    private static func others(_ kind: String, _ deleted: DeletedResources) -> JSONValue {
        .array(deleted.others.filter { $0.kind == kind }.map { ["id": .integer($0.id), "name": .string($0.name)] })
    }
}
