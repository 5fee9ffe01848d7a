import JSON
import JSONSchema

/// Runs the checks that involve several files of the schema.
struct SchemaAudit {
    let schema: WireSchema

    func run() throws {
        let set = try SchemaSet(OpenRPCEmitter(schema: schema).schemas)
        for type in schema.types {
            guard !type.description.isEmpty else { throw SchemaError("types/\(type.name)", "it has no description") }
            for example in type.schema["examples"]?.arrayValue ?? [] {
                try check(example, type.name, "types/\(type.name)", set)
            }
            try checkMeanings(type)
        }
        for method in schema.methods { try check(method, set) }
        for notification in schema.notifications where schema.type(notification.parameters) == nil {
            throw SchemaError("notifications/\(notification.name)", "there is no type \(notification.parameters)")
        }
        try checkErrors()
    }

    private func checkMeanings(_ type: TypeSchema) throws {
        for (value, meaning) in type.choices ?? [] where meaning.isEmpty {
            throw SchemaError("types/\(type.name)", "x-meanings does not say what \(value) means")
        }
    }

    private func check(_ method: MethodSchema, _ set: SchemaSet) throws {
        let place = "methods/\(method.name)"
        for name in [method.parameters, method.result] where schema.type(name) == nil {
            throw SchemaError(place, "there is no type \(name)")
        }
        guard schema.type(method.parameters)?.isClosed == true else {
            throw SchemaError(place, "parameters need additionalProperties: false, so that a misspelt one is told")
        }
        for name in method.errors where !schema.errors.contains(where: { $0.name == name }) {
            throw SchemaError(place, "there is no error \(name)")
        }
        for example in method.examples {
            try check(.object(example.parameters), method.parameters, "\(place), \(example.name), params", set)
            try check(example.result, method.result, "\(place), \(example.name), result", set)
        }
    }

    private func check(_ example: JSONValue, _ type: String, _ place: String, _ set: SchemaSet) throws {
        guard let violation = set.violations(in: example, of: type, path: "it").first else { return }
        throw SchemaError(place, "the example breaks the schema: \(violation.path): \(violation.reason)")
    }

    private func checkErrors() throws {
        let codes = schema.errors.map(\.code)
        guard Set(codes).count == codes.count else { throw SchemaError("errors", "two of them have one code") }
    }
}
