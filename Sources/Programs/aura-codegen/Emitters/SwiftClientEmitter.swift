import JSON

/// Generates a part of the Swift client: a function for each method.
struct SwiftClientEmitter {
    let swift: SwiftEmitter

    /// Methods that the handwritten part provides.
    private static let own: Set<String> = ["status.subscribe", "status.unsubscribe"]

    var files: [GeneratedFile] {
        [GeneratedFile(path: "Sources/RPC/AuraClient/Generated/AuraClient+Methods.swift", text: methods)]
    }

    private var methods: String {
        let called = swift.schema.methods.filter { !Self.own.contains($0.name) }
        var source = SwiftSource()
        source.line("extension AuraClient {")
        for method in called {
            if method.name != called.first?.name { source.line("") }
            function(method, &source)
        }
        source.line("}")
        let shown = called.flatMap { method in
            members(of: method).map { swift.swiftType(of: $0.schema) } + [swift.swiftType(named: method.result)]
        }
        let inside = called.map { swift.swiftType(named: $0.parameters) }
        return source.file(
            importing: Set(shown.compactMap(\.module) + ["AuraAPI"]), inside: Set(inside.compactMap(\.module)))
    }

    private func function(_ method: MethodSchema, _ source: inout SwiftSource) {
        let members = members(of: method)
        let arguments = members.map { member in
            "\(SwiftSource.word(member.name)): \(swift.declaredType(of: member))\(member.isRequired ? "" : " = nil")"
        }
        let name = SwiftSource.identifier(method.name)
        let values = members.map { "\($0.name): \(SwiftSource.word($0.name))" }.joined(separator: ", ")
        source.documentation(method.summary, indent: 1)
        if let description = method.description {
            source.line("///", indent: 1)
            source.documentation(description, indent: 1)
        }
        let result = swift.swiftType(named: method.result).name
        source.line("public func \(name)(\(arguments.joined(separator: ", "))) async throws -> \(result) {", indent: 1)
        source.line(
            "try await call(Methods.\(name), \(swift.swiftType(named: method.parameters).name)(\(values)))", indent: 2)
        source.line("}", indent: 1)
    }

    private func members(of method: MethodSchema) -> [Member] {
        swift.schema.type(method.parameters)?.clientMembers ?? []
    }
}
