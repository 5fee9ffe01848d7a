import JSON

/// Generates a part of the TypeScript client: types, errors and methods.
struct TypeScriptEmitter {
    let schema: WireSchema

    private static let folder = "clients/typescript/src"

    var files: [GeneratedFile] {
        [
            GeneratedFile(path: "\(Self.folder)/types.ts", template: "TypeScript/types.ts", types),
            GeneratedFile(path: "\(Self.folder)/errors.ts", template: "TypeScript/errors.ts", errors),
            GeneratedFile(path: "\(Self.folder)/methods.ts", template: "TypeScript/methods.ts", methods),
        ]
    }

    // MARK: - Views

    private var types: View {
        ["types": schema.types.filter { !isNothing($0) }.map(view)]
    }

    /// Enumerations are open, because a newer daemon may send and accept further values. An editor still offers the
    /// known values.
    private func view(of type: TypeSchema) -> View {
        let isInterface = type.choices == nil && !type.members.isEmpty
        return [
            "name": type.name, "documentation": Self.comment(type.description), "choices": type.choices ?? [],
            "isInterface": isInterface,
            "members": type.clientMembers.map { view(of: $0, indent: 1) },
            "kind": type.choices == nil && !isInterface ? [kind(of: type.schema)] : [],
        ]
    }

    private func view(of member: Member, indent: Int) -> View {
        [
            "declaration": declaration(of: member),
            "documentation": Self.comment(member.description ?? "", indent: indent),
        ]
    }

    private var errors: View {
        [
            "imports": Set(schema.errors.flatMap { Self.references(in: .object($0.data)) }).sorted(),
            "errors": schema.errors.map { error -> View in
                [
                    "error": error, "documentation": Self.comment(error.description),
                    "members": error.members.map { view(of: $0, indent: 2) },
                ]
            },
        ]
    }

    private var methods: View {
        let called = schema.calledMethods
        let types = called.flatMap { [$0.result] + (parameters(of: $0).map { [$0.name] } ?? []) }
        return ["imports": Set(types).sorted(), "methods": called.map(view)]
    }

    private func view(of method: MethodSchema) -> View {
        let parameters = parameters(of: method)
        let members = parameters?.members ?? []
        let isKeyed = members.contains(where: \.isIdempotencyKey)
        let description = method.description.map { " \($0)" } ?? ""
        return [
            "method": method, "documentation": Self.comment(method.summary + description, indent: 1),
            "parameters": parameters.map { [$0.name] } ?? [], "isRequired": members.contains(where: \.isRequired),
            "params": parameters == nil ? "{}" : isKeyed ? "keyed(params)" : "params",
        ]
    }

    /// Returns the lines of a documentation comment that is indented by `indent` levels, without the indentation.
    private static func comment(_ text: String, indent: Int = 0) -> [String] {
        let lines = text.wrapped(to: 113 - indent * 4)
        guard lines.count > 1 else { return lines.map { "/** \($0) */" } }
        return ["/**"] + lines.map { " * \($0)" } + [" */"]
    }

    // MARK: - Types

    /// True if the type describes an object without members, which means no parameters.
    private func isNothing(_ type: TypeSchema) -> Bool {
        type.isClosed && type.members.isEmpty
    }

    /// Returns the type of a method's parameters, or `nil` if it has none.
    private func parameters(of method: MethodSchema) -> TypeSchema? {
        schema.type(method.parameters).flatMap { isNothing($0) ? nil : $0 }
    }

    private func declaration(of member: Member) -> String {
        "\(member.name)\(member.isRequired ? "" : "?"): \(kind(of: member.schema))"
    }

    private func kind(of schema: JSONObject) -> String {
        if let name = TypeReference.name(in: schema) { return name }
        if let constant = schema["const"] { return constant.serializedString() }
        if let values = schema["enum"]?.arrayValue ?? schema["oneOf"]?.arrayValue {
            return values.map { $0.objectValue.map(kind) ?? $0.serializedString() }.joined(separator: " | ")
        }
        if let names = schema["type"]?.arrayValue?.compactMap(\.stringValue) {
            return names.map { kind(named: $0, schema) }.joined(separator: " | ")
        }
        return kind(named: schema["type"]?.stringValue ?? "", schema)
    }

    /// Returns the TypeScript type for a type name of JSON Schema.
    private func kind(named name: String, _ schema: JSONObject) -> String {
        switch name {
        case "string", "number", "boolean", "null": return name
        case "integer": return "number"
        case "array":
            let items = kind(of: schema["items"]?.objectValue ?? [:])
            return items.contains(" | ") ? "(\(items))[]" : "\(items)[]"
        case "object":
            let members = Member.all(of: schema).map(declaration)
            return members.isEmpty ? "Record<string, unknown>" : "{ \(members.joined(separator: "; ")) }"
        default: return "unknown"
        }
    }

    private static func references(in value: JSONValue) -> [String] {
        switch value {
        case .object(let members):
            return (TypeReference.name(in: members).map { [$0] } ?? []) + members.flatMap { references(in: $1) }
        case .array(let values): return values.flatMap { references(in: $0) }
        default: return []
        }
    }
}
