import JSON

/// Generates the code that reads parameters and writes results without `Codable`: conformances to `JSONReadable` and
/// `JSONWritable` of the generated types. Handwritten types conform beside their declaration.
struct SwiftJSONEmitter {
    let swift: SwiftEmitter

    private static let folder = "Sources/RPC/AuraAPI/Generated"

    var files: [GeneratedFile] {
        let schema = swift.schema
        let sent =
            schema.methods.map(\.result) + schema.notifications.filter { $0.sender == "server" }.map(\.parameters)
        return [
            GeneratedFile(
                path: "\(Self.folder)/Reading.swift", template: "Swift/Reading.swift",
                view(of: types(in: schema.methods.map(\.parameters)))),
            GeneratedFile(
                path: "\(Self.folder)/Writing.swift", template: "Swift/Writing.swift", view(of: types(in: sent))),
        ]
    }

    private func view(of types: [TypeSchema]) -> View {
        [
            "imports": SwiftSource.imports(["JSON"]),
            "types": types.map { type -> View in
                [
                    "name": swift.swiftType(named: type.name).name,
                    "members": type.members.map { ["name": $0.name, "isRequired": $0.isRequired] as View },
                ]
            },
        ]
    }

    /// Returns the generated types with these names, and all generated types that their members refer to.
    private func types(in names: [String]) -> [TypeSchema] {
        var names = names
        var found: Set<String> = []
        while let name = names.popLast() {
            guard let type = swift.schema.type(name), found.insert(name).inserted else { continue }
            names += type.members.flatMap { Self.references(in: $0.schema) }
        }
        return swift.schema.types.filter { found.contains($0.name) && !$0.isHandwritten }
    }

    /// Returns the types that a member's schema refers to, directly or as elements or alternatives.
    private static func references(in schema: JSONObject) -> [String] {
        let alternatives = schema["oneOf"]?.arrayValue?.compactMap(\.objectValue) ?? [schema]
        return alternatives.compactMap { SwiftEmitter.itemName(in: $0) }
    }
}
