import JSON

/// Generates a part of the Swift client: a function for each method.
struct SwiftClientEmitter {
    let swift: SwiftEmitter

    var files: [GeneratedFile] {
        let called = swift.schema.calledMethods
        let shown = called.flatMap { method in
            swift.schema.clientMembers(of: method).map { swift.swiftType(of: $0.schema) }
                + [swift.swiftType(named: method.result)]
        }
        let inside = called.map { swift.swiftType(named: $0.parameters) }
        let imports = SwiftSource.imports(
            Set(shown.compactMap(\.module) + ["AuraAPI"]), inside: Set(inside.compactMap(\.module)))
        return [
            GeneratedFile(
                path: "Sources/RPC/AuraClient/Generated/AuraClient+Methods.swift",
                template: "Swift/AuraClient+Methods.swift", ["imports": imports, "methods": called.map(view)])
        ]
    }

    private func view(of method: MethodSchema) -> View {
        let description = method.description.map { ["///"] + SwiftSource.comment($0, indent: 1) } ?? []
        return [
            "method": method, "documentation": SwiftSource.comment(method.summary, indent: 1) + description,
            "members": swift.schema.clientMembers(of: method).map { swift.view(of: $0) },
            "parameters": swift.swiftType(named: method.parameters).name,
            "result": swift.swiftType(named: method.result).name,
        ]
    }
}
