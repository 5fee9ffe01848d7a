import Foundation
import Testing

/// Checks the imports of the sources against `Package.swift`, and the dependencies of targets against the layers.
@Suite struct LayerTests {
    /// A target of `Package.swift` below `Sources`.
    private struct Target {
        var name: String
        /// The folder, without `Sources/`.
        var path: String
        /// The targets of this package that it depends on.
        var dependencies: Set<String>

        var layer: String { String(path.prefix { $0 != "/" }) }
    }

    /// The layers, each with the layers on which its targets may depend.
    private static let layers: [String: Set<String>] = [
        "Base": ["Base"], "Engine": ["Base", "Engine"], "RPC": ["Base", "Engine", "RPC"],
        "Drivers": ["Base", "Engine", "Drivers"], "Features": ["Base", "Engine", "RPC", "Drivers", "Features"],
        "Programs": ["Base", "Engine", "RPC", "Drivers", "Features"],
    ]

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Reads the targets from the text of the manifest: `target("Layer/Folder", name: …, [dependencies])`,
    /// `program("name", …)`, `library("CName", …)` and `.systemLibrary(name: "CName", …)`.
    private static func targets() throws -> [Target] {
        let manifest = try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8)
        let declaration =
            /\b(target\(|program\(|library\(|systemLibrary\(name: )\s*"([^"]+)",(?:\s*name: "([^"]+)",)?(?:\s*\[([^\]]*)\])?/
        return manifest.matches(of: declaration).compactMap { match in
            let (function, first) = (match.1, String(match.2))
            guard !first.hasPrefix("Tests/") else { return nil }
            let name = match.3.map(String.init) ?? String(first.split(separator: "/").last ?? "")
            let path = function == "target(" ? first : function == "program(" ? "Programs/\(first)" : "Base/\(first)"
            let dependencies = (match.4 ?? "").matches(of: /"([^"]+)"/).map { String($0.1) }
            return Target(name: name, path: path, dependencies: Set(dependencies))
        }
    }

    private static func imports(of target: Target) throws -> Set<String> {
        let folder = root.appendingPathComponent("Sources/\(target.path)")
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        var found: Set<String> = []
        for path in paths where path.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            for match in text.matches(of: /(?m)^\s*(?:@?\w+ )*import (?:struct |class |enum |func )?(\w+)/) {
                found.insert(String(match.1))
            }
        }
        return found
    }

    @Test func theManifestIsRead() throws {
        let targets = try Self.targets()
        #expect(targets.count > 30)
        #expect(targets.first { $0.name == "Jobs" }?.dependencies == ["AuraModel", "JSON", "Locking", "Storage"])
        #expect(targets.first { $0.name == "HetznerDriver" }?.path == "Drivers/Hetzner")
        #expect(targets.contains { $0.name == "aurad" && $0.layer == "Programs" })
    }

    @Test func eachTargetIsInALayerAndDependsOnLowerOnes() throws {
        let targets = try Self.targets()
        let byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
        for target in targets {
            let allowed = try #require(Self.layers[target.layer], "\(target.name) is in no layer")
            for name in target.dependencies {
                let other = try #require(byName[name], "\(target.name) depends on the unknown target \(name)")
                #expect(
                    allowed.contains(other.layer),
                    "\(target.name) (\(target.layer)) depends on \(name) (\(other.layer))")
            }
        }
    }

    /// An import that is not declared works only while another target happens to build the module first.
    @Test func importsAndDeclarationsAgree() throws {
        let targets = try Self.targets()
        let own = Set(targets.map(\.name))
        for target in targets where !target.path.hasPrefix("Base/C") {
            let imported = try Self.imports(of: target).intersection(own).subtracting([target.name])
            #expect(
                imported.subtracting(target.dependencies).isEmpty, "\(target.name) imports what it does not declare")
            #expect(
                target.dependencies.subtracting(imported).isEmpty, "\(target.name) declares what it does not import")
        }
    }
}
