import JSON

/// Generates the code that writes results and notifications as JSON text: a `JSONWritable` conformance for each of
/// their types that is generated. Handwritten types conform beside their declaration.
struct SwiftWritingEmitter {
    let swift: SwiftEmitter

    var files: [GeneratedFile] {
        [GeneratedFile(path: "Sources/RPC/AuraAPI/Generated/Writing.swift", text: text)]
    }

    private var text: String {
        var source = SwiftSource()
        var modules: Set<String> = ["JSON"]
        for (place, type) in written.enumerated() {
            if place > 0 { source.line("") }
            let (name, module) = swift.swiftType(named: type.name)
            module.map { _ = modules.insert($0) }
            guard type.choices == nil else {
                source.line("extension \(name): JSONWritable {}")
                continue
            }
            source.line("extension \(name): JSONWritable {")
            source.documentation("Appends an object with the members of the schema, in its order.", indent: 1)
            source.line("public func write(to json: inout JSONText) {", indent: 1)
            source.line("json.object { json in", indent: 2)
            for member in type.members {
                source.line("json.member(\"\(member.name)\", \(SwiftSource.word(member.name)))", indent: 3)
            }
            source.line("}", indent: 2)
            source.line("}", indent: 1)
            source.line("}")
        }
        return source.file(importing: modules)
    }

    /// The types of results and of the daemon's notifications, with all types that their members refer to.
    private var written: [TypeSchema] {
        let schema = swift.schema
        var names = schema.methods.map(\.result)
        names += schema.notifications.filter { $0.sender == "server" }.map(\.parameters)
        var found: Set<String> = []
        while let name = names.popLast() {
            guard let type = schema.type(name), found.insert(name).inserted else { continue }
            names += type.members.flatMap { Self.references(in: $0.schema) }
        }
        return schema.types.filter { type in
            found.contains(type.name) && !type.isHandwritten
        }
    }

    /// Returns the types that a member's schema refers to: itself, its elements or its alternatives.
    private static func references(in schema: JSONObject) -> [String] {
        let alternatives = schema["oneOf"]?.arrayValue?.compactMap(\.objectValue) ?? [schema]
        return alternatives.compactMap { SwiftEmitter.itemName(in: $0) }
    }
}
