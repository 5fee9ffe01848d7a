import JSON
import JSONSchema

/// The folder `rpc-schema/`, read and checked: one file per type, method, error and notification.
struct WireSchema {
    var types: [TypeSchema] = []
    var methods: [MethodSchema] = []
    var errors: [ErrorSchema] = []
    var notifications: [NotificationSchema] = []

    func type(_ name: String) -> TypeSchema? { types.first { $0.name == name } }
}

/// A file of `types/`.
struct TypeSchema {
    var name: String
    var schema: JSONObject

    var description: String { schema["description"]?.stringValue ?? "" }
    /// The Swift type that stands for it.
    var swiftName: String { schema["x-swift"]?.stringValue ?? name }
    /// Whether people write that Swift type; it is generated else.
    var isHandwritten: Bool { schema["x-handwritten"] == .bool(true) }
    /// Whether it takes no members but its own: parameters do not, and results may get more with a later version.
    var isClosed: Bool { schema["additionalProperties"] == .bool(false) }
    var members: [Member] { Member.all(of: schema) }
    /// The members that concern clients which keep a connection for each subscription; `x-connection` marks the others.
    var clientMembers: [Member] { members.filter { $0.schema["x-connection"] != .bool(true) } }
    /// Whether only such others refer to it.
    var isOfConnection: Bool { schema["x-connection"] == .bool(true) }
    /// The values of an enumeration with what they mean, in their order; none where it is something else.
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

    /// Its own words, else nothing: the type's are elsewhere.
    var description: String? { schema["description"]?.stringValue }

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
    /// Whether it changes anything.
    var mutates: Bool
    /// The names of types.
    var parameters: String
    var result: String
    /// The names of errors, apart from those that any call may meet.
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
    /// Who sends it: `server` or `client`.
    var sender: String
    var parameters: String
}

/// A file of `errors/`.
struct ErrorSchema {
    var name: String
    var code: Int64
    var description: String
    var retryable: Bool
    /// What `data` holds beside `code` and `retryable`.
    var members: [Member]
    var data: JSONObject
}
