import Foundation
import Mustache
import Testing

@testable import aura_codegen

/// Generates the files for the small schema in `Example`, which has each construct of `rpc-schema/`.
///
/// The expected files are beside the schema. After a change that is wanted, write them with
/// `.build/debug/aura-codegen --root Tests/CodegenTests/Example`, and review the difference.
@Suite("Files for a schema")
struct EmitterTests {
    private static let example = Bundle.module.bundleURL.appendingPathComponent("Example")
    /// The generated texts by their paths.
    private let texts: [String: String]

    init() async throws {
        let schema = try SchemaFolder(folder: Self.example.appendingPathComponent("rpc-schema")).read()
        let templates = try await MustacheLibrary.bundled()
        let files = try Codegen.files(of: schema).map { ($0.path, try $0.text(templates)) }
        texts = Dictionary(uniqueKeysWithValues: files)
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test(
        "each language gets the expected files",
        arguments: [
            "Sources/RPC/AuraAPI", "Sources/RPC/AuraClient", "clients/python", "clients/shell", "clients/typescript",
            "docs",
        ])
    func expectedFiles(below folder: String) throws {
        let paths = texts.keys.filter { $0.hasPrefix("\(folder)/") }
        let entries = FileManager.default.enumerator(atPath: Self.example.appendingPathComponent(folder).path)
        let expected = (entries?.compactMap { $0 as? String } ?? []).filter { $0.contains(".") }.map {
            "\(folder)/\($0)"
        }
        #expect(paths.sorted() == expected.sorted())
        for path in Set(paths).intersection(expected) {
            let text = try String(contentsOf: Self.example.appendingPathComponent(path), encoding: .utf8)
            #expect(Self.lines(texts[path] ?? "") == Self.lines(text), "\(path)")
        }
    }

    @Test func noFileIsOutsideTheseFolders() {
        #expect(
            texts.keys.allSatisfy { path in ["Sources/RPC/", "clients/", "docs/"].contains(where: path.hasPrefix) })
    }

    @Test func aFileWithoutItsTemplateIsAnError() {
        #expect(throws: MissingTemplate.self) {
            try GeneratedFile(path: "a.txt", template: "Text/a.txt", [:]).text(MustacheLibrary())
        }
    }
}

@Suite("Forms of names and texts in templates")
struct TextTests {
    @Test(arguments: [
        ("externalId", "external_id", "externalId", "ExternalId"), ("job.get", "job_get", "jobGet", "Job.get"),
        ("for", "for_", "for", "For"), ("destroy", "destroy", "destroy", "Destroy"),
    ])
    func aNameHasAFormForEachLanguage(_ name: String, snake: String, camel: String, pascal: String) {
        #expect(name.child(named: "snake") as? String == snake)
        #expect(name.child(named: "camel") as? String == camel)
        #expect(name.child(named: "pascal") as? String == pascal)
        #expect(name.child(named: "kebab") == nil)
    }

    @Test func aKeywordOfSwiftGetsBackticks() {
        #expect("default".child(named: "word") as? String == "`default`")
        #expect("job.get".child(named: "word") as? String == "jobGet")
    }

    @Test func aTextIsWrappedBetweenWords() {
        #expect("".wrapped(to: 5) == [])
        #expect("ab cd ef".wrapped(to: 5) == ["ab cd", "ef"])
        #expect("ab cdefghi j".wrapped(to: 5) == ["ab", "cdefghi", "j"])
    }
}
