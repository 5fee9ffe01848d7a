import AuraAPI
import JSON
import JSONRPC
import Testing

/// The surface that clients rely on. A change shows here and needs a line in CHANGELOG.md.
@Suite("Golden lists of the API")
struct GoldenTests {
    private let document: JSONValue

    init() throws {
        document = try OpenRPCDocument.value()
    }

    private func texts(_ value: JSONValue?) -> [String] { (value?.arrayValue ?? []).compactMap(\.stringValue) }

    private func text(_ value: JSONValue?) -> String { value?.stringValue ?? "" }

    @Test("methods keep their names, their scopes and whether they change something")
    func methods() {
        let listed = (document["methods"]?.arrayValue ?? []).map { method in
            "\(text(method["name"])): \(texts(method["x-scopes"]).joined(separator: ", "))"
                + (method["x-mutates"] == .bool(true) ? "; mutates" : "")
        }
        #expect(
            listed == [
                "access.deny: principals:write; mutates",
                "access.list: system:read",
                "access.whoami: ",
                "audit.checkpoint: audit:read",
                "audit.erase: audit:erase; mutates",
                "audit.export: audit:read",
                "audit.list: audit:read",
                "audit.verify: audit:read",
                "destroy: instances:write; mutates",
                "job.cancel: jobs:write; mutates",
                "job.explain: jobs:read",
                "job.get: jobs:read",
                "job.list: jobs:read",
                "job.retry: jobs:write; mutates",
                "job.wait: jobs:read",
                "principal.create: principals:write; mutates",
                "principal.list: principals:read",
                "principal.set: principals:write; mutates",
                "provision: instances:write; mutates",
                "reconcile.run: operations:write; mutates",
                "restart: instances:write; mutates",
                "resume: instances:write; mutates",
                "rpc.discover: system:read",
                "secret.delete: secrets:write; mutates",
                "secret.list: secrets:read",
                "secret.reveal: secrets:export; mutates",
                "secret.set: secrets:write; mutates",
                "session.authenticate: ",
                "status.get: instances:read",
                "status.list: instances:read",
                "status.subscribe: events:read",
                "status.unsubscribe: events:read",
                "suspend: instances:write; mutates",
                "system.health: system:read",
                "system.info: system:read",
                "system.limits: system:read",
                "system.ping: ",
                "tenant.create: tenants:write; mutates",
                "tenant.list: tenants:read",
                "tenant.set: tenants:write; mutates",
                "token.create: tokens:write; mutates",
                "token.explain: tokens:read",
                "token.list: tokens:read",
                "token.revoke: tokens:write; mutates",
                "vault.adopt: secrets:write; mutates",
                "vault.delete: secrets:write; mutates",
                "vault.set: secrets:write; mutates",
                "vault.status: secrets:read",
            ])
    }

    @Test("notifications keep their names, their senders and their parameters")
    func notifications() {
        let listed = (document["x-notifications"]?.arrayValue ?? []).map { notification in
            let parameters = text(notification["params"]?["$ref"]).split(separator: "/").last ?? ""
            return "\(text(notification["name"])): \(text(notification["from"])), \(parameters)"
        }
        #expect(
            listed == [
                "$/cancelRequest: client, CancelRequest",
                "status.event: server, EventNotification",
            ])
    }

    @Test("errors keep their numbers, their names, whether a retry may help and their further data")
    func errors() {
        let retryable = Set((RPCErrorCode.wire + RPCErrorCode.operations).filter(\.retryable).map(\.name))
        let listed = (document["components"]?["errors"]?.objectValue ?? [:]).map { name, error in
            let members = error["data"]?["properties"]?.objectValue?.keys.filter {
                !["code", "retryable"].contains($0)
            }
            let data = (members ?? []).joined(separator: ", ")
            return "\(error["code"]?.serializedString() ?? "") \(name)\(retryable.contains(name) ? ", retryable" : "")"
                + (data.isEmpty ? "" : ": \(data)")
        }
        #expect(
            listed == [
                "-32001 messageTooLarge: limit, actual, retryAfterMs",
                "-32002 messageTooDeep: limit, actual, retryAfterMs",
                "-32003 batchTooLarge: limit, actual, retryAfterMs",
                "-32004 tooManyInFlight, retryable: limit, actual, retryAfterMs",
                "-32005 tooManyConnections, retryable: limit, actual, retryAfterMs",
                "-32006 tooManyConnectionsOfUser, retryable: limit, actual, retryAfterMs",
                "-32007 tooManySubscriptions, retryable: limit, actual, retryAfterMs",
                "-32008 outboundQueueFull, retryable: limit, actual, retryAfterMs",
                "-32010 requestCancelled, retryable",
                "-32011 shuttingDown, retryable",
                "-32012 unauthenticated: retryAfterMs",
                "-32013 forbidden: scope",
                "-32014 daemonBusy, retryable: limit, actual, retryAfterMs",
                "-32015 tokenRevoked",
                "-32016 tooManyCalls, retryable: limit, actual, retryAfterMs",
                "-32020 instanceNotFound",
                "-32021 jobNotFound",
                "-32022 nameTaken: job",
                "-32023 instanceBusy, retryable: job",
                "-32024 phaseConflict",
                "-32025 idempotencyMismatch",
                "-32026 jobTerminal",
                "-32027 storageUnavailable, retryable",
                "-32028 subscriptionExists: subscription",
                "-32029 cursorAhead: head",
                "-32030 unknownRegion: given, allowed",
                "-32031 unknownSize: given, allowed",
                "-32032 quotaExceeded: limit, actual, retryAfterMs",
                "-32033 cursorExpired: oldest, head, epoch",
                "-32034 pivotPassed",
                "-32035 nothingToRetry",
                "-32036 waitTimeout, retryable: job, state, retryAfterMs",
                "-32037 sweepRunning, retryable: retryAfterMs",
                "-32038 unreadable",
                "-32040 tenantNotFound",
                "-32041 principalNotFound",
                "-32042 tokenNotFound",
                "-32043 noVaultKey",
                "-32044 conflict, retryable",
                "-32045 secretNotFound",
                "-32046 secretSealed",
                "-32600 invalidRequest",
                "-32601 methodNotFound",
                "-32602 invalidParams: path, reason, violations",
                "-32603 internalError",
                "-32700 parseError: reason, position",
            ])
        let numbers = (RPCErrorCode.operations + RPCErrorCode.wire).map(\.number)
        #expect(Set(numbers).count == numbers.count)
    }
}

@Suite("Comparison of a router with the document")
struct MethodMismatchTests {
    private func router(_ methods: [MethodProperties]) throws -> Router {
        var router = Router { _ in }
        for method in methods {
            let registered = RPCMethod<NoParams, JSONValue>(
                method.name, scopes: method.scopes, mutates: method.mutates)
            try router.registerConstant(registered, .null)
        }
        return router
    }

    private func documented() throws -> [MethodProperties] {
        try (OpenRPCDocument.value()["methods"]?.arrayValue ?? []).map { method in
            MethodProperties(
                name: try #require(method["name"]?.stringValue),
                scopes: try #require(method["x-scopes"]?.arrayValue).compactMap(\.stringValue),
                mutates: method["x-mutates"] == true)
        }
    }

    @Test func theSameMethodsAreAccepted() throws {
        try OpenRPCDocument.check(try router(try documented()))
    }

    @Test(
        arguments: [
            ("one method too few", nil, "register job.get in the router"),
            ("one method too many", ["job.get", "job.guess"], "describe job.guess in rpc-schema/methods"),
            ("another scope", ["job.get"], "register job.get with scopes jobs:read and mutates false"),
        ] as [(String, [String]?, String)])
    func aMismatchIsRefused(_ difference: String, names: [String]?, advice: String) throws {
        let scope = difference == "another scope" ? "jobs:write" : "jobs:read"
        let given = (names ?? []).map { MethodProperties(name: $0, scopes: [scope], mutates: false) }
        let router = try router(try documented().filter { $0.name != "job.get" } + given)
        let error = #expect(throws: MethodMismatch.self) { try OpenRPCDocument.check(router) }
        #expect(error?.description == "cannot serve other methods than the OpenRPC document has: \(advice)")
    }

    @Test func methodsOfOneSideOnlyAreNamed() throws {
        let guess = MethodProperties(name: "job.guess", scopes: [], mutates: false)
        let router = try router(try documented().filter { !["job.get", "destroy"].contains($0.name) } + [guess])
        let error = #expect(throws: MethodMismatch.self) { try OpenRPCDocument.check(router) }
        #expect(error?.unregistered == ["destroy", "job.get"])
        #expect(error?.undocumented == ["job.guess"])
        #expect(
            error?.description.hasSuffix(
                "register destroy, job.get in the router; describe job.guess in rpc-schema/methods") == true)
    }
}
