import Foundation
import Mustache

/// The values for the placeholders of a template, by name.
typealias View = [String: Any]

/// A generated file.
struct GeneratedFile {
    /// The path relative to the repository's root.
    let path: String
    private let content: (MustacheLibrary) throws -> String

    static let notice = "Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`."

    /// Creates a file with this text.
    init(path: String, text: String) {
        self.path = path
        content = { _ in text }
    }

    /// Creates a file from a template, such as `Python/types.py`. Its placeholders get the values of the view and
    /// `notice`.
    init(path: String, template: String, _ view: View) {
        self.path = path
        content = { templates in
            let view = view.merging(["notice": Self.notice]) { own, _ in own }
            guard let text = templates.render(view, withTemplate: template) else {
                throw MissingTemplate(name: template)
            }
            return text
        }
    }

    /// Returns the text of the file. Throws ``MissingTemplate`` if `templates` does not have the file's template.
    func text(_ templates: MustacheLibrary) throws -> String { try content(templates) }
}

/// The error for a template that is not in the folder `Templates`.
struct MissingTemplate: Error {
    var name: String
}

extension MustacheLibrary {
    /// Loads the folder `Templates`, which is a resource: the program runs only from the build directory, beside its
    /// bundle. Throws if a template cannot be parsed.
    static func bundled() async throws -> MustacheLibrary {
        try await MustacheLibrary(directory: Bundle.module.bundleURL.appendingPathComponent("Templates").path)
    }
}
