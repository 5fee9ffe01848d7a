import AuraModel

/// An instance, with the fields that the program shows.
struct InstanceAnswer: Sendable, Hashable, Decodable {
    var id: String
    var name: String
    var tenant: String
    var desired: String
    var phase: String
    var region: String
    var size: String
    var change: String
    var server: ServerFacts?
    var tailnet: TailnetFacts?
    var agentVersion: String?
    var failure: FailureAnswer?
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var runningAt: Timestamp?
    var destroyedAt: Timestamp?
}

extension InstanceAnswer {
    /// Returns the table of `aura list`.
    static func table(_ instances: [InstanceAnswer], now: Timestamp) -> Table {
        var table = Table(["NAME", "PHASE", "REGION", "SIZE", "ADDRESS", "TAILNET NAME", "AGE"])
        table.rows = instances.map { instance in
            [
                instance.name, instance.phase, instance.region, instance.size, instance.server?.address ?? "",
                instance.tailnet?.name ?? "", TimeText.age(now - instance.createdAt),
            ]
        }
        return table
    }

    /// Returns the card of `aura show`.
    func card(now: Timestamp) -> [Line] {
        var card = Card()
        card.add("id", id)
        card.add("tenant", tenant)
        card.add("region", region)
        card.add("size", size)
        card.add("desired", desired == phase ? nil : desired)
        card.add("server", server.map { "\($0.type) in \($0.location), \($0.name), id \($0.id)" })
        card.add("address", server?.address)
        card.add("tailnet", tailnet.map { ([$0.name] + $0.addresses).joined(separator: "  ") })
        card.add("agent", agentVersion)
        card.add("created", Self.moment(createdAt, now: now))
        card.add("running", runningAt.map { "since \(Self.moment($0, now: now))" })
        card.add("destroyed", destroyedAt.map { Self.moment($0, now: now) })
        card.add("change", change)
        card.add("failure", failure?.text)
        return [Line(name, .bold).appending("  ").appending(phase, look)] + card.lines()
    }

    /// The address and the tailnet name, for the line that ends a watched operation; `nil` if neither is known.
    var whereabouts: String? {
        let places = [server?.address, tailnet?.name].compactMap { $0 }.filter { !$0.isEmpty }
        return places.isEmpty ? nil : places.joined(separator: "  ")
    }

    private var look: Look {
        switch phase {
        case "running", "suspended", "destroyed": .good
        case "failed", "degraded", "rollingBack": .bad
        default: .busy
        }
    }

    static func moment(_ moment: Timestamp, now: Timestamp) -> String {
        "\(TimeText.date(moment)) (\(TimeText.age(now - moment)) ago)"
    }
}

extension FailureAnswer {
    /// The class, the code and the message of the cause, with the provider's id for its support.
    var text: String {
        let id = correlationId.map { " (provider's id \($0))" } ?? ""
        return "\(`class`) \(code): \(message)\(id)"
    }
}
