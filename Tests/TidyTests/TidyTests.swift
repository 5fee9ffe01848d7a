import Foundation
import Testing

/// Checks the tree against the rules of style. Lists of exceptions may only shrink.
@Suite struct TidyTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let sources = swiftFiles(below: "Sources")
    private static let all = sources + swiftFiles(below: "Tests")

    private static func swiftFiles(below folder: String) -> [String] {
        let paths = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
        return (paths?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }
            .sorted()
    }

    private static func lines(_ path: String) throws -> [String] {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func theSourcesAreFound() {
        #expect(Self.sources.count > 100)
    }

    @Test func noFileExceeds500Lines() throws {
        for path in Self.all where !path.contains("/Generated/") {
            let count = try Self.lines(path).count
            // One mechanism may fill a file. Two mechanisms belong in two files.
            #expect(count <= 500, "\(path) has \(count) lines: look for the second mechanism in it")
        }
    }

    /// Calls that sources must not contain, the files in which each is allowed, and the replacement.
    private static let banned: [(call: String, allowed: Set<String>, why: String)] = [
        ("try!", [], "throw"), ("fatalError(", [], "throw"), (" as! ", [], "use as?"),
        ("Task.detached", [], "a service owns its tasks"), (" print(", [], "write through the program's console"),
        ("Date()", ["Sources/Engine/AuraModel/SystemEnvironment.swift"], "take a TimeSource"),
        ("UUID()", [], "take an IdentifierSource"),
        ("Task.sleep", ["Sources/Engine/AuraModel/SystemEnvironment.swift"], "take a TimeSource"),
    ]

    /// Programs that are not part of the daemon use the system's clock directly.
    private static func isFree(_ path: String, of call: String) -> Bool {
        let isProgram = path.hasPrefix("Sources/Programs/aura/") || path.hasPrefix("Sources/Programs/aura-sandbox/")
        return isProgram && ["Date()", "Task.sleep", "UUID()"].contains(call)
    }

    @Test func sourcesContainNoBannedCalls() throws {
        for path in Self.sources {
            for (number, line) in try Self.lines(path).enumerated()
            where !line.drop(while: \.isWhitespace).hasPrefix("//") {
                for (call, allowed, why) in Self.banned where line.contains(call) {
                    #expect(
                        allowed.contains(path) || Self.isFree(path, of: call),
                        "\(path):\(number + 1) calls \(call): \(why) instead")
                }
            }
        }
    }

    /// The files in which a secret becomes a text: where it leaves the daemon or the client, or is encoded for a store.
    private static let revealing: Set<String> = [
        "Sources/Drivers/Ansible/RunDirectory.swift", "Sources/Drivers/DriverKit/Redactor.swift",
        "Sources/Drivers/DriverKit/StoredCredentials.swift", "Sources/Drivers/REST/RESTCall.swift",
        "Sources/Drivers/REST/RESTClient.swift", "Sources/Drivers/SSH/SSHAccess+Files.swift",
        "Sources/Features/Agents/Steps/Configure.swift", "Sources/Features/Agents/Steps/ServerCreation.swift",
        "Sources/Features/Vault/SecretMethods.swift", "Sources/Programs/aura/Commands/SecretSetCommand.swift",
        "Sources/Programs/aura/Commands/TokenExplainCommand.swift",
        "Sources/Programs/aura/Commands/TokenRestrictCommand.swift",
        "Sources/Programs/aura/Commands/VaultCommand.swift", "Sources/RPC/AuraClient/Connection/Connection.swift",
    ]

    /// The files that read the bytes of a secret without a text of it.
    private static let readingBytes: Set<String> = [
        "Sources/Drivers/CredentialFiles/FileCredentialStore.swift",
        "Sources/Drivers/DriverKit/StoredCredentials.swift",
        "Sources/Features/FeatureKit/Settings/CredentialSetting.swift", "Sources/Features/Vault/Vault.swift",
        "Sources/Features/Vault/VaultMethods.swift",
    ]

    @Test func secretsAreRevealedInKnownFilesOnly() throws {
        var found: (revealing: Set<String>, bytes: Set<String>) = ([], [])
        for path in Self.sources where path != "Sources/Engine/AuraModel/Secret.swift" {
            let code = try Self.lines(path).filter { !$0.drop(while: \.isWhitespace).hasPrefix("//") }
            if code.contains(where: { $0.contains(".reveal()") }) { found.revealing.insert(path) }
            if code.contains(where: { $0.contains(".withBytes {") }) { found.bytes.insert(path) }
        }
        #expect(found.revealing == Self.revealing, "use the Secret itself, or add the file with a reason in review")
        #expect(found.bytes == Self.readingBytes, "use the Secret itself, or add the file with a reason in review")
    }

    /// A `Codable` secret could be encoded with a value that holds it, without a call of `reveal()`.
    @Test func noFileMakesSecretsEncodable() throws {
        let conformance = /extension Secret\b[^{]*:/
        for path in Self.sources {
            for line in try Self.lines(path) where line.contains(conformance) {
                Issue.record("\(path) adds a protocol to Secret: \(line)")
            }
        }
    }

    /// Only these files may act for all tenants: the place that knows a caller's tenants, the daemon's fan-out, and the
    /// verification of the whole audit.
    private static let forAllTenants: Set<String> = [
        "Sources/RPC/EventStream/RPCContext+TenantScope.swift", "Sources/RPC/EventStream/Fanout.swift",
        "Sources/Features/Audit/Trail/AuditReader.swift",
    ]

    @Test func methodsUseTheScopeOfTheirCaller() throws {
        let allTenants = /(scope: |in: |\{ |TenantScope)\.all\b/
        for path in Self.sources
        where ["Sources/RPC/", "Sources/Features/"].contains(where: path.hasPrefix)
            && !Self.forAllTenants.contains(path)
        {
            for (number, line) in try Self.lines(path).enumerated() where line.contains(allTenants) {
                Issue.record("\(path):\(number + 1) acts for all tenants: use the scope of the call")
            }
        }
    }

    /// The targets that make decisions. They may touch only memory.
    private static let core = [
        "Engine/AuraModel", "Engine/Storage", "Engine/Jobs", "Engine/Reconciliation", "RPC/AuraAPI", "RPC/JSONRPC",
        "RPC/EventStream", "RPC/RPCService", "Base/JSONSchema", "Drivers/DriverKit", "Features",
    ]

    /// The clock of the system, a search in memory by the C library, and the reader of configurations and secrets.
    private static let excepted = [
        "Sources/Engine/AuraModel/SystemEnvironment.swift", "Sources/RPC/JSONRPC/ByteSearch.swift",
        "Sources/Features/FeatureKit/Settings/SecretFile.swift",
    ]

    @Test func theCoreImportsNoAdapters() throws {
        let adapters = [
            "NIOCore", "NIOPosix", "GRDB", "CCurl", "CJansson", "Subprocess", "Hummingbird", "Foundation",
            "FoundationEssentials", "Glibc",
        ]
        for path in Self.sources
        where Self.core.contains(where: { path.hasPrefix("Sources/\($0)/") }) && !Self.excepted.contains(path) {
            for name in try Self.imports(path) {
                #expect(!adapters.contains(name), "\(path) imports \(name)")
            }
        }
    }

    @Test func onlyAuradImportsDriversStoresAndTransport() throws {
        let drivers = [
            "HetznerDriver", "TailscaleDriver", "AnsibleDriver", "CredentialFiles", "StorageSQLite", "StoragePostgres",
            "RPCTransport",
        ]
        for path in Self.sources where !path.hasPrefix("Sources/Programs/aurad/") {
            for name in try Self.imports(path) {
                #expect(!drivers.contains(name), "\(path) imports \(name), which only aurad wires in")
            }
        }
    }

    private static func imports(_ path: String) throws -> [String] {
        try lines(path).compactMap { line in
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), place < 3, place + 1 < words.count else { return nil }
            let isImport = words[..<place].allSatisfy {
                ["public", "internal", "private", "@testable", "@preconcurrency"].contains($0)
            }
            return isImport ? String(words[place + 1]) : nil
        }
    }
}
