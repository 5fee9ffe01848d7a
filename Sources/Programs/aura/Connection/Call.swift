import JSON

/// A call of a method with its parameters. Parameters that are `nil` are left out.
struct Call: Sendable, Hashable {
    var method: String
    var params: JSONValue?
    /// The purpose of the call, for the text of an error: `provision ada`.
    var purpose: String
    /// True if the call may be sent again when its outcome is not known.
    var isRepeatable: Bool {
        params?["idempotencyKey"] != nil || Self.reading.contains(method)
    }

    init(_ method: String, _ params: JSONValue?, purpose: String) {
        self.method = method
        self.params = params
        self.purpose = purpose
    }

    private init(_ method: String, purpose: String, _ members: [(String, JSONValue?)] = []) {
        let given = members.compactMap { name, value in value.map { (name, $0) } }
        self.init(
            method, given.isEmpty ? nil : .object(JSONObject(uniqueKeysWithValues: given)), purpose: purpose)
    }
}

extension Call {
    static func provision(
        _ name: String, region: String, size: String, _ options: OperationOptions
    ) -> Call {
        Call(
            "provision", purpose: "provision \(name)",
            [("name", .string(name)), ("region", .string(region)), ("size", .string(size))] + members(of: options))
    }

    static func operate(_ method: String, _ instance: String, _ options: OperationOptions) -> Call {
        Call(method, purpose: "\(method) \(instance)", [("instance", .string(instance))] + members(of: options))
    }

    static func status(_ instance: String, tenant: String? = nil) -> Call {
        Call("status.get", purpose: "show \(instance)", [("instance", .string(instance)), ("tenant", text(tenant))])
    }

    static func list(
        tenant: String? = nil, phases: [String] = [], includeDestroyed: Bool = false, after: String? = nil, limit: Int
    ) -> Call {
        Call(
            "status.list", purpose: "list instances",
            [
                ("tenant", text(tenant)), ("phases", texts(phases)),
                ("includeDestroyed", includeDestroyed ? true : nil), ("after", text(after)),
                ("limit", .integer(Int64(limit))),
            ])
    }

    static func retry(_ id: String, idempotencyKey: String?) -> Call {
        Call(
            "job.retry", purpose: "retry job \(id)",
            [("job", .string(id)), ("idempotencyKey", text(idempotencyKey))])
    }

    static func explain(_ id: String) -> Call {
        Call("job.explain", purpose: "explain job \(id)", [("job", .string(id))])
    }

    static func reconcile(isDryRun: Bool, isForced: Bool) -> Call {
        Call(
            "reconcile.run", purpose: "reconcile",
            [("dryRun", isDryRun ? true : nil), ("force", isForced ? true : nil)])
    }

    static func job(_ id: String) -> Call {
        Call("job.get", purpose: "show job \(id)", [("job", .string(id))])
    }

    static func cancel(_ id: String) -> Call {
        Call("job.cancel", purpose: "cancel job \(id)", [("job", .string(id))])
    }

    static func jobs(_ query: JobQueryOptions, after: String? = nil, limit: Int) -> Call {
        Call(
            "job.list", purpose: "list jobs",
            [
                ("instance", text(query.instance)), ("tenant", text(query.tenant)), ("change", text(query.change)),
                ("states", texts(query.states)), ("after", text(after)), ("limit", .integer(Int64(limit))),
                ("order", query.newest ? "newest" : nil),
            ])
    }

    static let ping = Call("system.ping", purpose: "ping")
    static let info = Call("system.info", purpose: "ask for information")

    private static let reading: Set<String> = [
        "status.get", "status.list", "status.subscribe", "job.get", "job.list", "job.cancel", "job.wait", "job.explain",
        "reconcile.run",
        "system.ping",
        "system.info", "system.limits", "system.health",
    ]

    private static func members(of options: OperationOptions) -> [(String, JSONValue?)] {
        [
            ("tenant", text(options.tenant)), ("idempotencyKey", text(options.idempotencyKey)),
            ("change", text(options.change)),
        ]
    }

    private static func text(_ value: String?) -> JSONValue? {
        value.map { .string($0) }
    }

    private static func texts(_ values: [String]) -> JSONValue? {
        values.isEmpty ? nil : .array(values.map { .string($0) })
    }
}
