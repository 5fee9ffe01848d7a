import JSON

/// Generates a part of the TypeScript client: types, errors and methods.
struct TypeScriptEmitter {
    private let schema: WireSchema
    /// The types that a daemon sends. A newer daemon may add values to them.
    private let received: Set<String>

    private static let folder = "clients/typescript/src"

    init(schema: WireSchema) {
        self.schema = schema
        let sent = schema.notifications.filter { $0.sender == "server" }.map(\.parameters)
        received = Self.reachable(from: schema.methods.map(\.result) + sent, in: schema)
    }

    var files: [GeneratedFile] {
        [
            GeneratedFile(path: "\(Self.folder)/types.ts", text: types),
            GeneratedFile(path: "\(Self.folder)/errors.ts", text: errors),
            GeneratedFile(path: "\(Self.folder)/methods.ts", text: methods),
        ]
    }

    /// Methods that the handwritten part provides, because their results are streams.
    private static let own: Set<String> = ["status.subscribe", "status.unsubscribe"]

    /// Returns the named types and all types that they refer to.
    private static func reachable(from names: [String], in schema: WireSchema) -> Set<String> {
        var found: Set<String> = []
        var next = names
        while let name = next.popLast() {
            guard found.insert(name).inserted, let type = schema.type(name) else { continue }
            next += references(in: .object(type.schema))
        }
        return found
    }

    private static func references(in value: JSONValue) -> [String] {
        switch value {
        case .object(let members):
            return (TypeReference.name(in: members).map { [$0] } ?? []) + members.flatMap { references(in: $1) }
        case .array(let values): return values.flatMap { references(in: $0) }
        default: return []
        }
    }

    // MARK: - Types

    private var types: String {
        var source = TypeScriptSource(about: "What goes over the wire. A newer daemon may add members and values.")
        for type in schema.types where !isNothing(type) {
            source.line("")
            source.documentation(type.description)
            if let choices = type.choices {
                union(type, choices, &source)
            } else if type.members.isEmpty {
                source.line("export type \(type.name) = \(kind(of: type.schema));")
            } else {
                interface(type, &source)
            }
        }
        return source.text
    }

    /// True if the type describes an object without members, which means no parameters.
    private func isNothing(_ type: TypeSchema) -> Bool {
        type.isClosed && type.members.isEmpty
    }

    /// Adds the union type. It is open if a daemon sends the type; an editor still offers the known values.
    private func union(
        _ type: TypeSchema, _ choices: [(value: String, meaning: String)], _ source: inout TypeScriptSource
    ) {
        source.line("export type \(type.name) =")
        let isOpen = received.contains(type.name)
        for (value, meaning) in choices {
            let isLast = !isOpen && value == choices.last?.value
            source.line("| \"\(value)\"\(isLast ? ";" : "") // \(meaning)", indent: 1)
        }
        if isOpen { source.line("| (string & {});", indent: 1) }
    }

    private func interface(_ type: TypeSchema, _ source: inout TypeScriptSource) {
        source.line("export interface \(type.name) {")
        for member in type.clientMembers {
            source.documentation(member.description ?? "", indent: 1)
            source.line("\(declaration(of: member));", indent: 1)
        }
        source.line("}")
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

    // MARK: - Errors

    private var errors: String {
        var source = TypeScriptSource(about: "What the daemon answers instead of a result: a class for each code.")
        source.line("import { AuraError, type ErrorData } from \"./failures.js\";")
        let named = schema.errors.flatMap { Self.references(in: .object($0.data)) }
        importTypes(Set(named), &source)
        for error in schema.errors {
            source.line("")
            source.documentation(error.description)
            source.line("export class \(Self.pascal(error.name)) extends AuraError {")
            source.line("declare readonly code: \"\(error.name)\";", indent: 1)
            source.line("declare readonly number: \(error.code);", indent: 1)
            if !error.members.isEmpty { data(of: error, &source) }
            source.line("}")
        }
        source.line("")
        source.documentation("The classes by their code.")
        source.line("export const errorsByCode = {")
        for error in schema.errors { source.line("\(error.name): \(Self.pascal(error.name)),", indent: 1) }
        source.line("};")
        return source.text
    }

    private func data(of error: ErrorSchema, _ source: inout TypeScriptSource) {
        source.line("declare readonly data: ErrorData & {", indent: 1)
        for member in error.members {
            source.documentation(member.description ?? "", indent: 2)
            source.line("\(declaration(of: member));", indent: 2)
        }
        source.line("};", indent: 1)
    }

    private static func pascal(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

    // MARK: - Methods

    private var methods: String {
        let called = schema.methods.filter { !Self.own.contains($0.name) }
        var source = TypeScriptSource(about: "A function for each method.")
        source.line("import { keyed, type CallOptions } from \"./calls.js\";")
        importTypes(Set(called.flatMap { [$0.result] + (parameters(of: $0).map { [$0.name] } ?? []) }), &source)
        source.line("")
        source.documentation("Every method of a daemon. Whoever inherits it says how a call gets there.")
        source.line("export abstract class Methods {")
        source.documentation("Any method by its name; its result as it came.", indent: 1)
        let arguments = "method: string, params?: object, options?: CallOptions"
        source.line("abstract call<Result = unknown>(\(arguments)): Promise<Result>;", indent: 1)
        for method in called {
            source.line("")
            function(method, &source)
        }
        source.line("}")
        return source.text
    }

    private func function(_ method: MethodSchema, _ source: inout TypeScriptSource) {
        let parameters = parameters(of: method)
        let members = parameters?.members ?? []
        let standard = members.contains { $0.isRequired } ? "" : " = {}"
        let arguments = (parameters.map { ["params: \($0.name)\(standard)"] } ?? []) + ["options?: CallOptions"]
        let isKeyed = members.contains { $0.name == "idempotencyKey" }
        let params = parameters == nil ? "{}" : isKeyed ? "keyed(params)" : "params"
        source.documentation([method.summary, method.description ?? ""].joined(separator: " "), indent: 1)
        let name = Self.camel(method.name)
        source.line("\(name)(\(arguments.joined(separator: ", "))): Promise<\(method.result)> {", indent: 1)
        source.line("return this.call(\"\(method.name)\", \(params), options);", indent: 2)
        source.line("}", indent: 1)
    }

    /// Returns the type of a method's parameters, or `nil` if it has none.
    private func parameters(of method: MethodSchema) -> TypeSchema? {
        schema.type(method.parameters).flatMap { isNothing($0) ? nil : $0 }
    }

    private func importTypes(_ names: Set<String>, _ source: inout TypeScriptSource) {
        guard !names.isEmpty else { return }
        source.line("import type {")
        for name in names.sorted() { source.line("\(name),", indent: 1) }
        source.line("} from \"./types.js\";")
    }

    /// Returns a method's name in camel case: `job.get` → `jobGet`.
    private static func camel(_ name: String) -> String {
        let parts = name.split(separator: ".")
        return parts.enumerated().map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }.joined()
    }
}

/// Lines of TypeScript source.
private struct TypeScriptSource {
    private var lines: [String]

    private static let width = 120

    init(about subject: String) {
        lines = ["// \(GeneratedFile.notice)", "// \(subject)", ""]
    }

    var text: String {
        // Removes repeated empty lines, for example at the start of a file without imports.
        lines.enumerated().filter { $0 == 0 || $1 != "" || lines[$0 - 1] != "" }.map { $1 + "\n" }.joined()
    }

    mutating func line(_ text: String, indent: Int = 0) {
        lines.append(text.isEmpty ? "" : String(repeating: "    ", count: indent) + text)
    }

    /// Adds a documentation comment, on one line if it fits.
    mutating func documentation(_ text: String, indent: Int = 0) {
        let words = text.split(separator: " ")
        let room = Self.width - indent * 4 - 7
        guard !words.isEmpty else { return }
        var cut = [""]
        for word in words {
            let isFull = cut[cut.count - 1].count + 1 + word.count > room
            if isFull { cut.append("") }
            cut[cut.count - 1] += (cut[cut.count - 1].isEmpty ? "" : " ") + word
        }
        if cut.count == 1 { return line("/** \(cut[0]) */", indent: indent) }
        line("/**", indent: indent)
        for each in cut { line(" * \(each)", indent: indent) }
        line(" */", indent: indent)
    }
}
