extension Server {
    /// Returns the JSON in responses. `status` replaces the current status in a list as of an earlier time.
    func json(as status: Status? = nil) -> JSONValue {
        [
            "id": .int(id), "name": .string(name), "status": .string((status ?? self.status).rawValue),
            "created": .time(created), "public_net": publicNet, "private_net": [], "server_type": type.json,
            "location": location.json, "image": image.json, "iso": .null, "rescue_enabled": false,
            "locked": .bool(isLocked), "backup_window": .null, "outgoing_traffic": 0, "ingoing_traffic": 0,
            "included_traffic": .int(Price.includedTrafficBytes),
            "protection": ["delete": .bool(isProtected), "rebuild": .bool(isProtected)], "labels": .labels(labels),
            "volumes": [], "load_balancers": [], "primary_disk_size": .int(type.disk), "placement_group": .null,
        ]
    }

    private var publicNet: JSONValue {
        let shownIPv4 = ipv4.map { address -> JSONValue in
            let reversed = address.text.split(separator: ".").reversed().joined(separator: ".")
            return [
                "id": .int(address.id), "ip": .string(address.text), "blocked": false,
                "dns_ptr": .string("static.\(reversed).clients.your-server.de"),
            ]
        }
        let shownIPv6 = ipv6.map { address -> JSONValue in
            ["id": .int(address.id), "ip": .string(address.text), "blocked": false, "dns_ptr": []]
        }
        return [
            "ipv4": shownIPv4 ?? .null, "ipv6": shownIPv6 ?? .null, "floating_ips": [],
            "firewalls": .array(
                firewalls.map { ["id": .int($0.id), "status": .string($0.applied ? "applied" : "pending")] }),
        ]
    }
}
