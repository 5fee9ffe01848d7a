import ArgumentParser
import Foundation

/// Generates files from `rpc-schema/`.
@main
struct Codegen: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aura-codegen",
        abstract: "Makes the OpenRPC document, types, clients and the manual from rpc-schema/.")

    @Option(help: "The repository's root.")
    var root = "."

    @Option(help: "Where the files are written, by the same paths as in the repository.")
    var output: String?

    func run() throws {
        let root = URL(fileURLWithPath: root)
        let schema = try SchemaFolder(folder: root.appendingPathComponent("rpc-schema")).read()
        let output = output.map { URL(fileURLWithPath: $0) } ?? root
        let files =
            SwiftEmitter(schema: schema).files + OpenRPCEmitter(schema: schema).files
            + ManualEmitter(schema: schema).files + PythonEmitter(schema: schema).files
            + TypeScriptEmitter(schema: schema).files + ShellEmitter(schema: schema).files
        for file in files {
            let place = output.appendingPathComponent(file.path)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.text.utf8).write(to: place)
        }
    }
}

/// A generated file.
struct GeneratedFile {
    /// The path relative to the repository's root.
    var path: String
    var text: String

    static let notice = "Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`."
}
