import JSON

/// Generates the functions of the shell client, one for each method.
struct ShellEmitter {
    let schema: WireSchema

    var files: [GeneratedFile] {
        let methods = schema.calledMethods.map(view)
        return [GeneratedFile(path: "clients/shell/methods.sh", template: "Shell/methods.sh", ["methods": methods])]
    }

    private func view(of method: MethodSchema) -> View {
        let members = schema.clientMembers(of: method)
        let required = members.filter(\.isRequired).map(\.name)
        let optional = members.filter { !$0.isRequired }.map { "[\($0.name)=…]" }
        return [
            "method": method, "arguments": required.map { $0.uppercased() } + optional,
            "required": required.joined(separator: " "),
            "others": members.filter { !isText($0.schema) }.map(\.name).joined(separator: " "),
            "isKeyed": members.contains(where: \.isIdempotencyKey),
        ]
    }

    /// True if a member's value is a text. Other values are given as JSON.
    private func isText(_ schema: JSONObject) -> Bool {
        if let name = TypeReference.name(in: schema), let type = self.schema.type(name) { return isText(type.schema) }
        return schema["type"]?.stringValue == "string"
    }
}
