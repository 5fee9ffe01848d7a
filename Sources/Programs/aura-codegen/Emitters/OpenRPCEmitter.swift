import JSON

/// Generates the OpenRPC document (https://spec.open-rpc.org, 1.3.2), as a file and as text in the daemon.
struct OpenRPCEmitter {
    let schema: WireSchema

    var files: [GeneratedFile] {
        [
            GeneratedFile(path: "docs/openrpc.json", text: JSONText.pretty(document) + "\n"),
            GeneratedFile(
                path: "Sources/RPC/AuraAPI/Generated/OpenRPCDocument.swift", template: "Swift/OpenRPCDocument.swift",
                ["document": document.serializedString()]),
        ]
    }

    /// The types in the form that the document uses.
    var schemas: JSONObject {
        var schemas: JSONObject = [:]
        for type in schema.types { schemas[type.name] = TypeReference.bundled(.object(type.schema)) }
        return schemas
    }

    private var document: JSONValue {
        let methods = schema.methods.map { JSONValue.object(method($0)) }
        return [
            "openrpc": "1.3.2",
            "info": [
                "title": "Aura", "version": "0.1.0",
                "description": "One call becomes a running, configured, always-on AI agent on its own machine.",
            ],
            "methods": .array(methods),
            "components": ["schemas": .object(schemas), "errors": .object(errors)],
            "x-notifications": .array(schema.notifications.map { .object(notification($0)) }),
        ]
    }

    private func method(_ method: MethodSchema) -> JSONObject {
        let parameters = schema.type(method.parameters)?.members ?? []
        var members: JSONObject = ["name": .string(method.name), "summary": .string(method.summary)]
        if let description = method.description { members["description"] = .string(description) }
        members["params"] = .array(parameters.map { .object(descriptor($0)) })
        members["paramStructure"] = "either"
        members["result"] = ["name": .string(method.result), "schema": reference(method.result)]
        members["errors"] = .array(method.errors.map { ["$ref": .string("#/components/errors/\($0)")] })
        members["examples"] = .array(method.examples.map { .object(example($0)) })
        members["x-params"] = reference(method.parameters)
        members["x-since"] = .string(method.since)
        members["x-scopes"] = .array(method.scopes.map { .string($0) })
        members["x-mutates"] = .bool(method.mutates)
        return members
    }

    private func descriptor(_ member: Member) -> JSONObject {
        var descriptor: JSONObject = ["name": .string(member.name)]
        if let description = member.description { descriptor["description"] = .string(description) }
        descriptor["required"] = .bool(member.isRequired)
        descriptor["schema"] = TypeReference.bundled(.object(member.schema))
        return descriptor
    }

    private func example(_ example: MethodSchema.Example) -> JSONObject {
        let parameters = example.parameters.map { name, value in
            JSONValue.object(["name": .string(name), "value": value])
        }
        return [
            "name": .string(example.name), "params": .array(parameters),
            "result": ["name": "result", "value": example.result],
        ]
    }

    private func notification(_ notification: NotificationSchema) -> JSONObject {
        var members: JSONObject = ["name": .string(notification.name), "summary": .string(notification.summary)]
        if let description = notification.description { members["description"] = .string(description) }
        members["from"] = .string(notification.sender)
        members["params"] = reference(notification.parameters)
        members["x-since"] = .string(notification.since)
        return members
    }

    private var errors: JSONObject {
        var errors: JSONObject = [:]
        for error in schema.errors {
            errors[error.name] = [
                "code": .integer(error.code), "message": .string(error.description),
                "data": .object(data(of: error)),
            ]
        }
        return errors
    }

    /// Returns the schema of `data`: the stable name, whether a retry may succeed, and the error's own members.
    private func data(of error: ErrorSchema) -> JSONObject {
        var properties: JSONObject = [
            "code": ["type": "string", "const": .string(error.name)], "retryable": ["type": "boolean"],
        ]
        for member in error.members { properties[member.name] = TypeReference.bundled(.object(member.schema)) }
        return ["type": "object", "properties": .object(properties), "required": ["code", "retryable"]]
    }

    private func reference(_ name: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(name)")]
    }
}
