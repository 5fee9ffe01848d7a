import Foundation
import JSON
import JSONSchema

/// Reads `rpc-schema/`. It rejects a missing member, a name that differs from the file's name, a reference to a missing
/// type, and an example that violates its schema.
struct SchemaFolder {
    var folder: URL

    func read() throws -> WireSchema {
        var schema = WireSchema()
        schema.types = try files("types").map { file in TypeSchema(name: file.name, schema: file.members) }
        schema.methods = try files("methods").map(method)
        schema.errors = try files("errors").map(error).sorted { $0.code > $1.code }
        schema.notifications = try files("notifications").map(notification)
        try SchemaAudit(schema: schema).run()
        return schema
    }

    private struct File {
        var name: String
        var place: String
        var members: JSONObject

        func text(_ member: String) throws -> String {
            guard let text = members[member]?.stringValue else { throw missing(member, "a text") }
            return text
        }

        func flag(_ member: String) throws -> Bool {
            guard case .bool(let flag)? = members[member] else { throw missing(member, "true or false") }
            return flag
        }

        func texts(_ member: String) throws -> [String] {
            guard let values = members[member]?.arrayValue else { throw missing(member, "a list of texts") }
            return values.compactMap(\.stringValue)
        }

        /// Returns the name of the type that a member refers to.
        func type(_ member: String) throws -> String {
            guard let name = TypeReference.name(in: members[member]?.objectValue ?? [:]) else {
                throw missing(member, "a reference to a type")
            }
            return name
        }

        func missing(_ member: String, _ what: String) -> SchemaError {
            SchemaError("\(place).\(member)", "expected \(what)")
        }

        /// Returns the member `name`. Without `$/` it must equal the file's name.
        func ownName() throws -> String {
            let own = try text("name")
            guard own.replacingOccurrences(of: "$/", with: "") == name else {
                throw SchemaError(place, "the file is named \(name), and says \(own)")
            }
            return own
        }
    }

    private func files(_ kind: String) throws -> [File] {
        let directory = folder.appendingPathComponent(kind)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        return try names.filter { $0.hasSuffix(".json") }.sorted().map { name in
            let data = try Data(contentsOf: directory.appendingPathComponent(name))
            guard case .object(let members) = try JSONValue(parsing: Array(data)) else {
                throw SchemaError("\(kind)/\(name)", "expected an object")
            }
            return File(name: String(name.dropLast(5)), place: "\(kind)/\(name)", members: members)
        }
    }

    private func method(_ file: File) throws -> MethodSchema {
        MethodSchema(
            name: try file.ownName(), summary: try file.text("summary"),
            description: file.members["description"]?.stringValue, since: try file.text("since"),
            scopes: try file.texts("scopes"), mutates: try file.flag("mutates"), parameters: try file.type("params"),
            result: try file.type("result"), errors: try file.texts("errors"),
            examples: try (file.members["examples"]?.arrayValue ?? []).map { try example($0, file) })
    }

    private func example(_ value: JSONValue, _ file: File) throws -> MethodSchema.Example {
        let members = value.objectValue ?? [:]
        guard let name = members["name"]?.stringValue, let parameters = members["params"]?.objectValue,
            let result = members["result"]
        else { throw file.missing("examples", "name, params and result") }
        return MethodSchema.Example(name: name, parameters: parameters, result: result)
    }

    private func notification(_ file: File) throws -> NotificationSchema {
        NotificationSchema(
            name: try file.ownName(), summary: try file.text("summary"),
            description: file.members["description"]?.stringValue, since: try file.text("since"),
            sender: try file.text("from"), parameters: try file.type("params"))
    }

    private func error(_ file: File) throws -> ErrorSchema {
        guard case .integer(let code)? = file.members["code"] else { throw file.missing("code", "a number") }
        let data = file.members["data"]?.objectValue ?? [:]
        return ErrorSchema(
            name: try file.ownName(), code: code, description: try file.text("description"),
            retryable: try file.flag("retryable"), members: Member.all(of: data), data: data)
    }
}

/// References to types in files: `{"$ref": "../types/Phase.json"}`, which any JSON Schema tool can follow.
enum TypeReference {
    private static let (start, end) = ("../types/", ".json")

    static func name(in schema: JSONObject) -> String? {
        guard let text = schema["$ref"]?.stringValue, text.hasPrefix(start), text.hasSuffix(end) else { return nil }
        return String(text.dropFirst(start.count).dropLast(end.count))
    }

    /// Returns the schema with references within one document, and without members that only the generator reads.
    static func bundled(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            var bundled: JSONObject = [:]
            for (name, member) in members where !["x-swift", "x-handwritten", "x-connection"].contains(name) {
                bundled[name] = Self.bundled(member)
            }
            if let name = name(in: members) { bundled["$ref"] = .string("#/components/schemas/\(name)") }
            return .object(bundled)
        case .array(let values): return .array(values.map { Self.bundled($0) })
        default: return value
        }
    }
}
