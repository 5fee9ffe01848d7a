import JSON

/// Generates the types of the wire, the table of methods and the errors for `AuraAPI`.
struct SwiftEmitter {
    let schema: WireSchema

    private static let folder = "Sources/RPC/AuraAPI/Generated"

    var files: [GeneratedFile] {
        let types = schema.types.filter { !$0.isHandwritten }.map { type in
            GeneratedFile(
                path: "\(Self.folder)/Types/\(type.swiftName).swift",
                template: type.choices == nil ? "Swift/Structure.swift" : "Swift/Enumeration.swift", view(of: type))
        }
        return types + [
            GeneratedFile(path: "\(Self.folder)/Methods.swift", template: "Swift/Methods.swift", methods),
            GeneratedFile(
                path: "\(Self.folder)/OpenEnumerations.swift", template: "Swift/OpenEnumerations.swift",
                openEnumerations),
            GeneratedFile(path: "\(Self.folder)/Errors.swift", template: "Swift/Errors.swift", errors),
        ] + SwiftClientEmitter(swift: self).files + SwiftJSONEmitter(swift: self).files
    }

    // MARK: - Views

    private func view(of type: TypeSchema) -> View {
        [
            "imports": SwiftSource.imports(modules(of: type)), "name": type.swiftName,
            "documentation": SwiftSource.comment(type.description), "choices": choices(of: type),
            "members": type.members.map { view(of: $0) },
            "isParameters": isParameters(type),
            "isKeyed": isParameters(type) && type.members.contains(where: \.isIdempotencyKey),
        ]
    }

    func view(of member: Member) -> View {
        [
            "name": member.name, "type": declaredType(of: member), "standard": standard(of: member),
            "documentation": SwiftSource.comment(member.description ?? "", indent: 1),
        ]
    }

    private func choices(of type: TypeSchema) -> [View] {
        (type.choices ?? []).map { value, meaning in
            [
                "name": value,
                "documentation": SwiftSource.comment(meaning.isEmpty ? "" : "\(meaning.pascal).", indent: 1),
            ]
        }
    }

    private var openEnumerations: View {
        let enumerations = schema.types.filter { $0.choices != nil }
        return [
            "imports": SwiftSource.imports(Set(enumerations.compactMap { Self.split($0.swiftName).module })),
            "enumerations": enumerations.map { type -> View in
                ["name": Self.split(type.swiftName).name, "choices": choices(of: type)]
            },
        ]
    }

    private var methods: View {
        let modules = schema.methods.flatMap { [$0.parameters, $0.result] }.compactMap { swiftType(named: $0).module }
        return [
            "imports": SwiftSource.imports(Set(modules + ["JSONRPC"])),
            "scopes": Set(schema.methods.flatMap(\.scopes)).sorted(),
            "methods": schema.methods.map { method -> View in
                [
                    "method": method, "documentation": SwiftSource.comment(method.summary, indent: 1),
                    "parameters": swiftType(named: method.parameters).name,
                    "result": swiftType(named: method.result).name,
                ]
            },
        ]
    }

    /// The operations' own errors have numbers from this one down to -32099. Other numbers belong to the wire
    /// (`JSONRPC`).
    private static let firstOfOperations: Int64 = -32020

    private var errors: View {
        let own = schema.errors.filter { (-32099...Self.firstOfOperations).contains($0.code) }
        return [
            "imports": SwiftSource.imports(["JSONRPC"]),
            "errors": own.map { error -> View in
                ["error": error, "documentation": SwiftSource.comment(error.description, indent: 1)]
            },
        ]
    }

    // MARK: - Types

    /// True if the type is the parameters of a method, so that its members have positions.
    private func isParameters(_ type: TypeSchema) -> Bool {
        schema.methods.contains { $0.parameters == type.name }
    }

    func declaredType(of member: Member) -> String {
        swiftType(of: member.schema).name + (member.isRequired ? "" : "?")
    }

    /// Returns the default of a member: `nil` if it may be absent, the constant if its schema has one, else no default.
    private func standard(of member: Member) -> String {
        if let constant = member.schema["const"] { return " = \(constant.serializedString())" }
        return member.isRequired ? "" : " = nil"
    }

    /// Returns the Swift type of a schema and its module. Enumerations are open in results and in parameters: a newer
    /// daemon may send and accept further values.
    func swiftType(of schema: JSONObject) -> (name: String, module: String?) {
        if let name = TypeReference.name(in: schema), let type = self.schema.type(name) {
            let (name, module) = Self.split(type.swiftName)
            return (type.choices != nil ? "Open<\(name)>" : name, module)
        }
        if let given = schema["x-swift"]?.stringValue { return Self.split(given) }
        switch schema["type"]?.stringValue {
        case "string": return ("String", nil)
        case "integer": return ("Int64", nil)
        case "number": return ("Double", nil)
        case "boolean": return ("Bool", nil)
        case "array":
            let items = swiftType(of: schema["items"]?.objectValue ?? [:])
            return ("[\(items.name)]", items.module)
        default: return ("JSONValue", "JSON")
        }
    }

    /// Splits a qualified name: `AuraModel.Phase` → `Phase` of the module `AuraModel`.
    private static func split(_ name: String) -> (name: String, module: String?) {
        let parts = name.split(separator: ".").map(String.init)
        return parts.count == 2 ? (parts[1], parts[0]) : (name, nil)
    }

    private func modules(of type: TypeSchema) -> Set<String> {
        var modules = Set(type.members.compactMap { swiftType(of: $0.schema).module })
        if isParameters(type) { modules.insert("JSONRPC") }
        return modules
    }

    /// Returns the type that a schema names, or the type of the elements of a list.
    static func itemName(in schema: JSONObject) -> String? {
        TypeReference.name(in: schema) ?? schema["items"]?.objectValue.flatMap { itemName(in: $0) }
    }

    func swiftType(named name: String) -> (name: String, module: String?) {
        Self.split(schema.type(name)?.swiftName ?? name)
    }
}

/// Parts of Swift source that are not in templates.
enum SwiftSource {
    /// The width of a comment's text without indentation.
    private static let width = 114
    private static let keywords: Set<String> = [
        "class", "for", "default", "in", "is", "as", "case", "let", "var", "where", "self", "init", "internal",
        "operator",
    ]

    /// Returns the lines of a documentation comment that is indented by `indent` levels, without the indentation.
    static func comment(_ text: String, indent: Int = 0) -> [String] {
        text.wrapped(to: width - indent * 4).map { "/// \($0)" }
    }

    /// Returns the lines of the imports, with an empty line at their end. `inside` are modules that no declaration
    /// exposes; they are imported as `internal`.
    static func imports(_ modules: Set<String>, inside: Set<String> = []) -> [String] {
        let imports =
            modules.sorted().map { "public import \($0)" }
            + inside.subtracting(modules).sorted().map { "internal import \($0)" }
        return imports + (imports.isEmpty ? [] : [""])
    }

    /// Returns a name that Swift can declare; a keyword gets backticks.
    static func word(_ name: String) -> String {
        keywords.contains(name.camel) ? "`\(name.camel)`" : name.camel
    }
}
