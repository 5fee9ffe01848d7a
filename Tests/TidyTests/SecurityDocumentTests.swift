import Foundation
import Testing

/// Checks SECURITY.md against the tests that it names.
@Suite struct SecurityDocumentTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func eachNamedTestExists() throws {
        let names = try Self.text("SECURITY.md").matches(of: /`([\w\/.]+)::(\w+)`/)
        #expect(names.count > 40)
        for name in names {
            let (path, test) = (String(name.1), String(name.2))
            let source = (try? Self.text(path)) ?? ""
            let declaration = path.hasSuffix(".py") ? "def \(test)(" : "func \(test)("
            #expect(source.contains(declaration), "\(path) has no test \(test)")
        }
    }

    /// A statement that holds without a test is only a hope.
    @Test func eachStatementThatHoldsNamesATest() throws {
        var isStatement = false
        for (number, line) in try Self.text("SECURITY.md").split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if line.hasPrefix("| asset | what holds |") {
                isStatement = true
            } else if !line.hasPrefix("|") {
                isStatement = false
            } else if isStatement, !line.hasPrefix("| ---") {
                #expect(line.contains("::"), "SECURITY.md:\(number + 1) names no test")
            }
        }
    }
}
