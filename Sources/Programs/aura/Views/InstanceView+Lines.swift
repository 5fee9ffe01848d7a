import AuraAPI
import AuraModel

extension InstanceView {
    /// Returns the table of `aura list`.
    static func table(_ instances: [InstanceView], now: Timestamp) -> Table {
        var table = Table(["NAME", "PHASE", "REGION", "SIZE", "ADDRESS", "TAILNET NAME", "AGE"])
        table.rows = instances.map { instance in
            [
                instance.name, instance.phase.rawValue, instance.region, instance.size, instance.server?.address ?? "",
                instance.tailnet?.name ?? "", TimeText.age(now - instance.createdAt),
            ]
        }
        return table
    }

    /// Returns the card of `aura show`.
    func card(now: Timestamp) -> [Line] {
        var card = Card()
        card.add("id", id.text)
        card.add("tenant", tenant.text)
        card.add("region", region)
        card.add("size", size)
        card.add("desired", desired.rawValue == phase.rawValue ? nil : desired.rawValue)
        card.add("server", server.map { "\($0.type) in \($0.location), \($0.name), id \($0.id)" })
        card.add("address", server?.address)
        card.add("tailnet", tailnet.map { ([$0.name] + $0.addresses).joined(separator: "  ") })
        card.add("agent", agentVersion)
        card.add("created", TimeText.moment(createdAt, now: now))
        card.add("running", runningAt.map { "since \(TimeText.moment($0, now: now))" })
        card.add("destroyed", destroyedAt.map { TimeText.moment($0, now: now) })
        card.add("change", change.text)
        card.add("failure", failure?.text)
        return [Line(name, .bold).appending("  ").appending(phase.rawValue, look)] + card.lines()
    }

    /// The address and the tailnet name, for the line that ends a watched operation; `nil` if neither is known.
    var whereabouts: String? {
        let places = [server?.address, tailnet?.name].compactMap { $0 }.filter { !$0.isEmpty }
        return places.isEmpty ? nil : places.joined(separator: "  ")
    }

    private var look: Look {
        switch phase {
        case .running, .suspended, .destroyed: .good
        case .failed, .degraded, .rollingBack: .bad
        default: .busy
        }
    }
}

extension FailureView {
    /// The class, the code and the message of the cause, with the correlation id, which the provider's support asks
    /// for.
    var text: String {
        let id = correlationId.map { " (provider's id \($0))" } ?? ""
        return "\(`class`) \(code): \(message)\(id)"
    }
}
