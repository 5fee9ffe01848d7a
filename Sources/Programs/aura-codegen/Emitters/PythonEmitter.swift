import JSON

/// Generates a part of the Python client: types, errors and methods.
struct PythonEmitter {
    let schema: WireSchema

    private static let folder = "clients/python/src/aura_client"

    var files: [GeneratedFile] {
        [
            GeneratedFile(path: "\(Self.folder)/types.py", text: types),
            GeneratedFile(path: "\(Self.folder)/errors.py", text: errors),
            GeneratedFile(path: "\(Self.folder)/_methods.py", text: methods),
        ]
    }

    /// Methods that the handwritten part provides.
    private static let own: Set<String> = ["status.subscribe", "status.unsubscribe", "rpc.discover"]

    // MARK: - Types

    private var types: String {
        var text = """
            # \(GeneratedFile.notice)
            \"\"\"What goes over the wire. Members that a later daemon adds are ignored.\"\"\"

            from __future__ import annotations

            from dataclasses import dataclass
            from datetime import datetime
            from typing import Any, Literal, Mapping

            from ._codec import each, maybe, moment

            JSON = Any

            """
        for type in schema.types where type.choices != nil { text += "\n" + choices(type) }
        for type in schema.types where isStructure(type) { text += "\n\n" + structure(type) }
        return text
    }

    /// True if the type becomes a class. The parameters of a method become arguments, and handwritten code reads those
    /// of a notification.
    private func isStructure(_ type: TypeSchema) -> Bool {
        let isParameters =
            schema.methods.contains { $0.parameters == type.name }
            || schema.notifications.contains { $0.parameters == type.name }
        return !type.members.isEmpty && !isParameters && !type.isOfConnection
    }

    private func choices(_ type: TypeSchema) -> String {
        let values = (type.choices ?? []).map { "    \"\($0.value)\"," }.joined(separator: "\n")
        return "# \(type.description)\n\(type.name) = Literal[\n\(values)\n]\n"
    }

    private func structure(_ type: TypeSchema) -> String {
        let required = type.clientMembers.filter(\.isRequired)
        let optional = type.clientMembers.filter { !$0.isRequired }
        var text = "@dataclass(frozen=True)\nclass \(type.name):\n    \"\"\"\(type.description)\"\"\"\n\n"
        for member in required + optional {
            if let words = member.description { text += "    # \(words)\n" }
            text += "    \(Self.snake(member.name)): \(kind(of: member.schema))"
            text += member.isRequired ? "\n" : " | None = None\n"
        }
        text +=
            "\n    @classmethod\n    def from_json(cls, data: Mapping[str, Any]) -> \(type.name):\n        return cls(\n"
        for member in required + optional {
            text += "            \(Self.snake(member.name))=\(decoding(member)),\n"
        }
        text += "        )\n"
        return text + (type.isClosed ? encoder(of: type) : "")
    }

    private func encoder(of type: TypeSchema) -> String {
        let members = type.members.map { "            \"\($0.name)\": self.\(Self.snake($0.name)),\n" }.joined()
        return """

                def to_json(self) -> dict[str, Any]:
                    members = {
            \(members)        }
                    return {name: value for name, value in members.items() if value is not None}

            """
    }

    private func decoding(_ member: Member) -> String {
        let decoder = decoder(of: member.schema)
        if member.isRequired {
            return decoder.map { "\($0)(data[\"\(member.name)\"])" } ?? "data[\"\(member.name)\"]"
        }
        let value = "data.get(\"\(member.name)\")"
        return decoder.map { "maybe(\($0), \(value))" } ?? value
    }

    /// Returns the function that converts JSON into the member's type, or `nil` if no conversion is needed.
    private func decoder(of schema: JSONObject) -> String? {
        if let name = TypeReference.name(in: schema) {
            if name == "Timestamp" { return "moment" }
            return self.schema.type(name).flatMap { isStructure($0) ? "\(name).from_json" : nil }
        }
        if let items = schema["items"]?.objectValue, let decoder = decoder(of: items) { return "each(\(decoder))" }
        return nil
    }

    private func kind(of schema: JSONObject) -> String {
        if let name = TypeReference.name(in: schema), let type = self.schema.type(name) {
            if name == "Timestamp" { return "datetime" }
            return type.choices != nil || isStructure(type) ? name : kind(of: type.schema)
        }
        if schema["oneOf"] != nil { return "JSON" }
        switch schema["type"]?.stringValue {
        case "string": return "str"
        case "integer": return "int"
        case "number": return "float"
        case "boolean": return "bool"
        case "array": return "list[\(kind(of: schema["items"]?.objectValue ?? [:]))]"
        default: return "JSON"
        }
    }

    // MARK: - Errors

    private var errors: String {
        var text = """
            # \(GeneratedFile.notice)
            \"\"\"What the daemon answers instead of a result.\"\"\"

            from __future__ import annotations

            from ._errors import AuraError


            """
        for error in schema.errors {
            text += "class \(Self.pascal(error.name))(AuraError):\n    \"\"\"\(error.description)\"\"\"\n\n"
            text += "    number = \(error.code)\n    code = \"\(error.name)\"\n\n\n"
        }
        text += "AuraError.known = {\n    each.code: each\n    for each in (\n"
        for error in schema.errors { text += "        \(Self.pascal(error.name)),\n" }
        return text + "    )\n}\n"
    }

    // MARK: - Methods

    private var methods: String {
        let called = schema.methods.filter { !Self.own.contains($0.name) }
        return """
            # \(GeneratedFile.notice)
            \"\"\"A function for each method, for clients that wait and for those that await.\"\"\"

            from __future__ import annotations

            from typing import Any, Callable, Mapping, TypeVar

            from ._codec import fresh_key
            from .types import *  # noqa: F403

            Result = TypeVar("Result")
            Decoder = Callable[[Mapping[str, Any]], Result]


            class Methods:
                def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
                    raise NotImplementedError

            \(called.map { function($0, isAsync: false) }.joined(separator: "\n"))

            class AsyncMethods:
                async def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
                    raise NotImplementedError

            \(called.map { function($0, isAsync: true) }.joined(separator: "\n"))
            """
    }

    private func function(_ method: MethodSchema, isAsync: Bool) -> String {
        let members = schema.type(method.parameters)?.clientMembers ?? []
        let required = members.filter(\.isRequired).map { "\(Self.snake($0.name)): \(kind(of: $0.schema))" }
        let optional = members.filter { !$0.isRequired }.map {
            "\(Self.snake($0.name)): \(kind(of: $0.schema)) | None = None"
        }
        let arguments = ["self"] + required + (optional.isEmpty ? [] : ["*"] + optional)
        let start = isAsync ? "async def" : "def"
        let name = Self.snake(method.name.replacingDots)
        var text = "    \(start) \(name)(\(arguments.joined(separator: ", "))) -> \(method.result):\n"
        text +=
            "        \"\"\"\(method.summary)\(method.description.map { "\n\n        \($0)\n        " } ?? "")\"\"\"\n"
        text += "        params: dict[str, Any] = {\n"
        for member in members {
            let argument = Self.snake(member.name)
            let value = member.name == "idempotencyKey" ? "\(argument) or fresh_key()" : argument
            text += "            \"\(member.name)\": \(value),\n"
        }
        text += "        }\n"
        let call = "self._call(\"\(method.name)\", params, \(method.result).from_json)"
        return text + "        return \(isAsync ? "await " : "")\(call)\n"
    }

    // MARK: - Names

    /// Converts a name from camel case: `externalId` → `external_id`. A Python keyword gets an underscore at its end.
    private static func snake(_ name: String) -> String {
        var text = ""
        for character in name {
            if character.isUppercase, !text.isEmpty, text.last != "_" { text += "_" }
            text += character.lowercased()
        }
        return ["class", "for", "from", "in", "is"].contains(text) ? "\(text)_" : text
    }

    private static func pascal(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }
}

extension String {
    /// The text with underscores in place of dots: `job.get` → `job_get`.
    fileprivate var replacingDots: String { String(map { $0 == "." ? "_" : $0 }) }
}
