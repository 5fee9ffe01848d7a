import ArgumentParser
import Foundation
import Mustache

/// Generates files from `rpc-schema/`.
@main
struct Codegen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aura-codegen",
        abstract: "Makes the OpenRPC document, types, clients and the manual from rpc-schema/.")

    @Option(help: "The repository's root.")
    var root = "."

    @Option(help: "Where the files are written, by the same paths as in the repository.")
    var output: String?

    func run() async throws {
        let root = URL(fileURLWithPath: root)
        let schema = try SchemaFolder(folder: root.appendingPathComponent("rpc-schema")).read()
        let output = output.map { URL(fileURLWithPath: $0) } ?? root
        let templates = try await MustacheLibrary.bundled()
        let texts = try Self.files(of: schema).map { (path: $0.path, text: try $0.text(templates)) }
        for (path, text) in texts {
            let place = output.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: place)
        }
    }

    /// Returns all files that the schema determines.
    static func files(of schema: WireSchema) -> [GeneratedFile] {
        SwiftEmitter(schema: schema).files + OpenRPCEmitter(schema: schema).files
            + ManualEmitter(schema: schema).files + PythonEmitter(schema: schema).files
            + TypeScriptEmitter(schema: schema).files + ShellEmitter(schema: schema).files
    }
}
