import JSON
import JSONSchema

/// The parsed and checked folder `rpc-schema/`, with one file per type, method, error and notification.
struct WireSchema {
    var types: [TypeSchema] = []
    var methods: [MethodSchema] = []
    var errors: [ErrorSchema] = []
    var notifications: [NotificationSchema] = []

    func type(_ name: String) -> TypeSchema? { types.first { $0.name == name } }

    /// The methods that get a generated function in each client. The others begin or end streams, so the clients have
    /// handwritten functions for them.
    var calledMethods: [MethodSchema] {
        methods.filter { !["status.subscribe", "status.unsubscribe"].contains($0.name) }
    }

    /// Returns the members of a method's parameters that a client's function has.
    func clientMembers(of method: MethodSchema) -> [Member] { type(method.parameters)?.clientMembers ?? [] }
}

/// A file of `types/`.
struct TypeSchema {
    var name: String
    var schema: JSONObject

    var description: String { schema["description"]?.stringValue ?? "" }
    /// The name of the Swift type for this type.
    var swiftName: String { schema["x-swift"]?.stringValue ?? name }
    /// True if the Swift type is handwritten; otherwise it is generated.
    var isHandwritten: Bool { schema["x-handwritten"] == .bool(true) }
    /// True if the type permits no further members. Parameters are closed; results may get more members in a later
    /// version.
    var isClosed: Bool { schema["additionalProperties"] == .bool(false) }
    var members: [Member] { Member.all(of: schema) }
    /// The members for clients that use one connection for each subscription. `x-connection` marks the other members.
    var clientMembers: [Member] { members.filter { $0.schema["x-connection"] != .bool(true) } }
    /// True if only members with `x-connection` refer to the type.
    var isOfConnection: Bool { schema["x-connection"] == .bool(true) }
    /// The values of an enumeration in order, with their meanings; `nil` if the type is not an enumeration.
    var choices: [(value: String, meaning: String)]? {
        guard let values = schema["enum"]?.arrayValue else { return nil }
        let meanings = schema["x-meanings"]?.objectValue ?? [:]
        return values.compactMap(\.stringValue).map { ($0, meanings[$0]?.stringValue ?? "") }
    }
}

/// A member of an object.
struct Member {
    var name: String
    var schema: JSONObject
    var isRequired: Bool

    /// The description in the member itself. A member without one may refer to a type that has a description.
    var description: String? { schema["description"]?.stringValue }
    /// True for `idempotencyKey`: repeated calls with the same value take effect once.
    var isIdempotencyKey: Bool { name == "idempotencyKey" }

    static func all(of schema: JSONObject) -> [Member] {
        let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return (schema["properties"]?.objectValue ?? [:]).map { name, schema in
            Member(name: name, schema: schema.objectValue ?? [:], isRequired: required.contains(name))
        }
    }
}

/// A file of `methods/`.
struct MethodSchema {
    var name: String
    var summary: String
    var description: String?
    var since: String
    var scopes: [String]
    /// True if the method changes something.
    var mutates: Bool
    /// The name of the type of the parameters.
    var parameters: String
    var result: String
    /// The names of the method's errors, without the errors that every call can have.
    var errors: [String]
    var examples: [Example]

    struct Example {
        var name: String
        var parameters: JSONObject
        var result: JSONValue
    }
}

/// A file of `notifications/`.
struct NotificationSchema {
    var name: String
    var summary: String
    var description: String?
    var since: String
    /// The sender: `server` or `client`.
    var sender: String
    var parameters: String
}

/// A file of `errors/`.
struct ErrorSchema {
    var name: String
    var code: Int64
    var description: String
    var retryable: Bool
    /// The members of `data` in addition to `code` and `retryable`.
    var members: [Member]
    var data: JSONObject
}
