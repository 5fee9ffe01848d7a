/// The settings that `POST /_sandbox/settings` changes. Durations are seconds at time scale 1. A change affects only
/// work that begins later.
struct Settings: Sendable {
    /// Multiplies every duration below; 0.1 makes the cloud ten times faster. Token and key lifetimes are not scaled.
    var timeScale = 1.0
    var createSeconds = 20.0
    var startSeconds = 5.0
    var stopSeconds = 2.0
    /// The time until the ACPI signal counts as delivered.
    var shutdownSeconds = 0.5
    /// The time from the ACPI signal until the guest is off, if servers are only simulated.
    var guestShutdownSeconds = 8.0
    var rebootSeconds = 4.0
    var deleteSeconds = 3.0
    var firewallSeconds = 1.0
    /// The time from `running` until the agent replies to health checks, if servers are only simulated.
    var bootSeconds = 0.0
    /// The lifetime of an OAuth access token, not scaled.
    var tokenSeconds = 3_600.0
    /// The time without contact after which an ephemeral node is removed, not scaled.
    var ephemeralSeconds = 3_600.0
    /// The number of servers that may exist at the same time.
    var serverLimit = 100_000.0
    /// Whether DELETE is accepted while a server is being created. The behaviour of the real API is not known.
    var deleteDuringCreate = false
    /// Whether nodes that join with a key that is not preauthorised wait for approval.
    var deviceApproval = false
    /// Whether all nodes wait for approval, even with a preauthorised key.
    var approvalForAll = false
    /// Whether nodes that join are locked out until they are signed (`POST /_sandbox/tailnet/sign`).
    var tailnetLock = false
    /// Offers (`TYPE@LOCATION`) whose end was announced and has passed.
    var retiredOffers: [String] = []
    /// The tags of the OAuth client. A key must have all of them, or only tags that they own.
    var clientTags = ["tag:aura-vm"]
    /// Tags that the client's tags own, by `tagOwners` of the tailnet's policy.
    var ownedTags: [String] = []

    private static var numbers: [String: WritableKeyPath<Settings, Double>] {
        [
            "timeScale": \.timeScale, "createSeconds": \.createSeconds, "startSeconds": \.startSeconds,
            "stopSeconds": \.stopSeconds, "shutdownSeconds": \.shutdownSeconds,
            "guestShutdownSeconds": \.guestShutdownSeconds, "rebootSeconds": \.rebootSeconds,
            "deleteSeconds": \.deleteSeconds, "firewallSeconds": \.firewallSeconds, "bootSeconds": \.bootSeconds,
            "tokenSeconds": \.tokenSeconds, "ephemeralSeconds": \.ephemeralSeconds, "serverLimit": \.serverLimit,
        ]
    }
    private static var flags: [String: WritableKeyPath<Settings, Bool>] {
        [
            "deleteDuringCreate": \.deleteDuringCreate, "deviceApproval": \.deviceApproval,
            "approvalForAll": \.approvalForAll, "tailnetLock": \.tailnetLock,
        ]
    }
    private static var lists: [String: WritableKeyPath<Settings, [String]>] {
        ["clientTags": \.clientTags, "ownedTags": \.ownedTags, "retiredOffers": \.retiredOffers]
    }

    /// One value in a settings call.
    enum Value: Decodable, Sendable {
        case flag(Bool)
        case number(Double)
        case list([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .list(try container.decode([String].self))
            }
        }
    }

    /// Replaces the named values. It throws, and changes nothing, for an unknown name, a wrong type or a number outside
    /// 0 to 1e9.
    mutating func merge(_ values: [String: Value]) throws {
        var merged = self
        for (name, value) in values {
            switch value {
            case .number(let number) where number >= 0 && number <= 1e9:
                guard let path = Self.numbers[name] else { throw Self.refusal(name) }
                merged[keyPath: path] = number
            case .flag(let flag):
                guard let path = Self.flags[name] else { throw Self.refusal(name) }
                merged[keyPath: path] = flag
            case .list(let list):
                guard let path = Self.lists[name] else { throw Self.refusal(name) }
                merged[keyPath: path] = list
            case .number: throw Self.refusal(name)
            }
        }
        self = merged
    }

    /// The settings by name.
    var json: JSONValue {
        let numbers = Self.numbers.map { ($0.key, JSONValue.number(self[keyPath: $0.value])) }
        let flags = Self.flags.map { ($0.key, JSONValue.bool(self[keyPath: $0.value])) }
        let lists = Self.lists.map { ($0.key, JSONValue.strings(self[keyPath: $0.value])) }
        return .object((numbers + flags + lists).sorted { $0.0 < $1.0 })
    }

    private static func refusal(_ name: String) -> APIError {
        .invalid(name, "cannot set '\(name)': no such setting, or its value is of another kind or out of range")
    }
}
