import JSON

/// Generates the types of the wire, the table of methods and the errors for `AuraAPI`.
struct SwiftEmitter {
    let schema: WireSchema

    private static let folder = "Sources/RPC/AuraAPI/Generated"

    var files: [GeneratedFile] {
        let types = schema.types.filter { !$0.isHandwritten }.map { type in
            GeneratedFile(path: "\(Self.folder)/Types/\(type.swiftName).swift", text: source(of: type))
        }
        return types + [
            GeneratedFile(path: "\(Self.folder)/Methods.swift", text: methods),
            GeneratedFile(path: "\(Self.folder)/OpenEnumerations.swift", text: openEnumerations),
            GeneratedFile(path: "\(Self.folder)/Errors.swift", text: errors),
        ] + SwiftClientEmitter(swift: self).files + SwiftWritingEmitter(swift: self).files
    }

    // MARK: - Types

    private func source(of type: TypeSchema) -> String {
        var source = SwiftSource()
        source.documentation(type.description)
        if let choices = type.choices {
            source.line("public enum \(type.swiftName): String, Sendable, Hashable, Codable, CaseIterable {")
            for (value, meaning) in choices {
                source.documentation(Self.sentence(meaning), indent: 1)
                source.line("case \(SwiftSource.word(value))", indent: 1)
            }
        } else {
            structure(type, &source)
        }
        source.line("}")
        return source.file(importing: modules(of: type))
    }

    private func structure(_ type: TypeSchema, _ source: inout SwiftSource) {
        let protocols =
            ["Sendable", "Hashable", "Codable"] + (isParameters(type) ? ["PositionalParams"] : [])
            + (isKeyed(type) ? ["KeyedParameters"] : [])
        source.line("public struct \(type.swiftName): \(protocols.joined(separator: ", ")) {")
        for member in type.members {
            source.documentation(member.description ?? "", indent: 1)
            source.line(
                "public var \(SwiftSource.word(member.name)): \(declaredType(of: member, isOpen: !type.isClosed))",
                indent: 1)
        }
        if isParameters(type) {
            let names = type.members.map { "\"\($0.name)\"" }.joined(separator: ", ")
            source.line("")
            source.line("public static let positions: [String] = [\(names)]", indent: 1)
        }
        source.line("")
        let parameters = type.members.map {
            "\(SwiftSource.word($0.name)): \(declaredType(of: $0, isOpen: !type.isClosed))\(standard(of: $0))"
        }
        source.line("public init(\(parameters.joined(separator: ", "))) {", indent: 1)
        for member in type.members {
            source.line("self.\(member.name) = \(SwiftSource.word(member.name))", indent: 2)
        }
        source.line("}", indent: 1)
    }

    /// True if the type is the parameters of a method, so that its members have positions.
    private func isParameters(_ type: TypeSchema) -> Bool {
        schema.methods.contains { $0.parameters == type.name }
    }

    /// True if a call with these parameters takes effect once for each key.
    private func isKeyed(_ type: TypeSchema) -> Bool {
        isParameters(type) && type.members.contains { $0.name == "idempotencyKey" }
    }

    func declaredType(of member: Member, isOpen: Bool = false) -> String {
        swiftType(of: member.schema, isOpen: isOpen).name + (member.isRequired ? "" : "?")
    }

    /// Returns the default of a member: `nil` if it may be absent, the constant if its schema has one, else no default.
    private func standard(of member: Member) -> String {
        if let constant = member.schema["const"] { return " = \(constant.serializedString())" }
        return member.isRequired ? "" : " = nil"
    }

    /// Returns the Swift type of a schema and its module. If `isOpen` is true, enumerations may get further values
    /// later.
    func swiftType(of schema: JSONObject, isOpen: Bool = false) -> (name: String, module: String?) {
        if let name = TypeReference.name(in: schema), let type = self.schema.type(name) {
            let (name, module) = Self.split(type.swiftName)
            return (isOpen && type.choices != nil ? "Open<\(name)>" : name, module)
        }
        if let given = schema["x-swift"]?.stringValue { return Self.split(given) }
        switch schema["type"]?.stringValue {
        case "string": return ("String", nil)
        case "integer": return ("Int64", nil)
        case "number": return ("Double", nil)
        case "boolean": return ("Bool", nil)
        case "array":
            let items = swiftType(of: schema["items"]?.objectValue ?? [:], isOpen: isOpen)
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

    /// The names of the known values, as static members of `Open`.
    private var openEnumerations: String {
        var source = SwiftSource()
        let enumerations = schema.types.filter { $0.choices != nil && isAnswered($0) }
        for (place, type) in enumerations.enumerated() {
            if place > 0 { source.line("") }
            source.line("extension Open where Known == \(Self.split(type.swiftName).name) {")
            for (value, meaning) in type.choices ?? [] {
                let name = SwiftSource.word(value)
                source.documentation(Self.sentence(meaning), indent: 1)
                source.line("public static var \(name): Self { Self(.\(name)) }", indent: 1)
            }
            source.line("}")
        }
        return source.file(importing: Set(enumerations.compactMap { Self.split($0.swiftName).module }))
    }

    /// True if results or notifications of a daemon contain the enumeration.
    private func isAnswered(_ enumeration: TypeSchema) -> Bool {
        schema.types.contains { type in
            !type.isClosed && type.members.contains { Self.itemName(in: $0.schema) == enumeration.name }
        }
    }

    /// Returns the type that a schema names, or the type of the elements of a list.
    static func itemName(in schema: JSONObject) -> String? {
        TypeReference.name(in: schema) ?? schema["items"]?.objectValue.flatMap { itemName(in: $0) }
    }

    // MARK: - Methods

    private var methods: String {
        var source = SwiftSource()
        source.documentation("Every method, with the types of its parameters and its result.")
        source.line("public enum Methods {")
        for method in schema.methods {
            let types = [method.parameters, method.result].map { swiftType(named: $0).name }.joined(separator: ", ")
            source.documentation(method.summary, indent: 1)
            source.line("public static let \(SwiftSource.identifier(method.name)) = RPCMethod<\(types)>(", indent: 1)
            let scopes = method.scopes.map { "\"\($0)\"" }.joined(separator: ", ")
            let mutates = method.mutates ? ", mutates: true" : ""
            source.line(
                "\"\(method.name)\", parameters: \"\(method.parameters)\", scopes: [\(scopes)]\(mutates))", indent: 2)
        }
        source.line("}")
        let modules = schema.methods.flatMap { [$0.parameters, $0.result] }.compactMap { swiftType(named: $0).module }
        return source.file(importing: Set(modules + ["JSONRPC"]))
    }

    func swiftType(named name: String) -> (name: String, module: String?) {
        Self.split(schema.type(name)?.swiftName ?? name)
    }

    // MARK: - Errors

    /// The operations' own errors have numbers from this one down to -32099. Other numbers belong to the wire
    /// (`JSONRPC`).
    private static let firstOfOperations: Int64 = -32020

    private var errors: String {
        let own = schema.errors.filter { (-32099...Self.firstOfOperations).contains($0.code) }
        var source = SwiftSource()
        source.documentation("The errors of operations, by their numbers on the wire.")
        source.line("extension RPCErrorCode {")
        for error in own {
            source.documentation(error.description, indent: 1)
            let retryable = error.retryable ? ", retryable: true" : ""
            source.line(
                "public static let \(error.name) = RPCErrorCode(\(error.code), \"\(error.name)\"\(retryable))",
                indent: 1)
        }
        source.line("")
        source.documentation("Every code that operations answer with.", indent: 1)
        source.line("public static let operations: [RPCErrorCode] = [", indent: 1)
        for error in own { source.line(".\(error.name),", indent: 2) }
        source.line("]", indent: 1)
        source.line("}")
        return source.file(importing: ["JSONRPC"])
    }

    private static func sentence(_ words: String) -> String {
        words.isEmpty ? "" : words.prefix(1).uppercased() + words.dropFirst() + "."
    }
}

/// Lines of Swift source.
struct SwiftSource {
    private var lines: [String] = []

    private static let width = 118
    private static let keywords: Set<String> = [
        "class", "for", "default", "in", "is", "as", "case", "let", "var", "where", "self", "init",
    ]

    mutating func line(_ text: String, indent: Int = 0) {
        lines.append(text.isEmpty ? "" : String(repeating: "    ", count: indent) + text)
    }

    /// Adds a documentation comment, wrapped into lines.
    mutating func documentation(_ text: String, indent: Int = 0) {
        var rest = text.split(separator: " ")[...]
        let start = String(repeating: "    ", count: indent) + "///"
        while !rest.isEmpty {
            var line = start
            while let word = rest.first, line == start || line.count + 1 + word.count <= Self.width {
                line += " \(word)"
                rest = rest.dropFirst()
            }
            lines.append(line)
        }
    }

    /// Returns the text of the file. `inside` are modules that no declaration exposes; they are imported as `internal`.
    func file(importing modules: Set<String>, inside: Set<String> = []) -> String {
        let imports =
            modules.sorted().map { "public import \($0)" }
            + inside.subtracting(modules).sorted().map { "internal import \($0)" }
        let head = ["// \(GeneratedFile.notice)", ""] + imports + (imports.isEmpty ? [] : [""])
        return (head + lines).joined(separator: "\n") + "\n"
    }

    /// Returns a name that Swift can declare; a keyword gets backticks.
    static func word(_ name: String) -> String {
        let plain = identifier(name)
        return keywords.contains(plain) ? "`\(plain)`" : plain
    }

    /// Returns a method's name in camel case: `job.get` → `jobGet`.
    static func identifier(_ name: String) -> String {
        let parts = name.split(separator: ".")
        return parts.enumerated().map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }.joined()
    }
}
