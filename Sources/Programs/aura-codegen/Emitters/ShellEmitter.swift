import JSON

/// Generates the functions of the shell client, one for each method.
struct ShellEmitter {
    let schema: WireSchema

    var files: [GeneratedFile] {
        [GeneratedFile(path: "clients/shell/methods.sh", text: source)]
    }

    /// Methods that the handwritten part provides, because their results are streams.
    private static let own: Set<String> = ["status.subscribe", "status.unsubscribe"]

    private var source: String {
        let functions = schema.methods.filter { !Self.own.contains($0.name) }.map(function)
        return "# \(GeneratedFile.notice)\n# shellcheck shell=bash\n\n\(functions.joined(separator: "\n"))"
    }

    private func function(_ method: MethodSchema) -> String {
        let members = schema.type(method.parameters)?.clientMembers ?? []
        let required = members.filter(\.isRequired).map(\.name)
        let optional = members.filter { !$0.isRequired }.map { "[\($0.name)=…]" }
        let usage = (["aura_\(Self.name(method))"] + required.map { $0.uppercased() } + optional).joined(separator: " ")
        let others = members.filter { !isText($0.schema) }.map(\.name).joined(separator: " ")
        let isKeyed = members.contains { $0.name == "idempotencyKey" }
        let params = isKeyed ? "$(_aura_keyed \"$params\")" : "$params"
        return """
            # \(usage)
            # \(method.summary)
            aura_\(Self.name(method))() {
                local params
                params=$(_aura_members "\(required.joined(separator: " "))" "\(others)" "$@") || return
                aura_call \(method.name) "\(params)"
            }

            """
    }

    /// True if a member's value is a text. Other values are given as JSON.
    private func isText(_ schema: JSONObject) -> Bool {
        if let name = TypeReference.name(in: schema), let type = self.schema.type(name) { return isText(type.schema) }
        return schema["type"]?.stringValue == "string"
    }

    /// Returns the function name of a method: `job.get` → `job_get`.
    private static func name(_ method: MethodSchema) -> String {
        String(method.name.map { $0 == "." ? "_" : $0 })
    }
}
