import FeatureKit
import Foundation
import Testing

/// The check of a file's names and shapes against declarations.
@Suite struct KnownSettingsTests {
    private let known = KnownSettings(["socket", "agent.port", .list("origins"), .secret("shop.key")])

    /// Opens a configuration file. Returns the error's text, or `nil` if the file agrees with the declarations.
    private func fault(_ yaml: String, mode: Int = 0o600) async throws -> String? {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("aura-\(UUID().uuidString).yaml").path
        let isMade = FileManager.default.createFile(
            atPath: file, contents: Data(yaml.utf8), attributes: [.posixPermissions: mode])
        try #require(isMade)
        defer { try? FileManager.default.removeItem(atPath: file) }
        do {
            _ = try await SettingsSource(file: file, flags: [:], known: known)
            return nil
        } catch let error as SettingsError {
            return error.message.replacingOccurrences(of: file, with: "FILE")
        }
    }

    @Test func declaredSettingsAreAccepted() async throws {
        let yaml = "socket: /x\norigins: [a, b]\nagent:\n  port: 1\nshop:\n  keyFile: /y\n"
        #expect(try await fault(yaml, mode: 0o644) == nil)
    }

    /// A file with the name of a secret of the vault may be read by others.
    @Test func aFileThatNamesASecretHasNone() async throws {
        #expect(try await fault("shop:\n  key: vault:shop.key\n", mode: 0o644) == nil)
        #expect(try await fault("shop:\n  key: v4lue\n", mode: 0o644)?.contains("others may read it") == true)
        #expect(try await fault("shop:\n  key: ' vault:shop.key'\n", mode: 0o644) != nil)
    }

    @Test func anUndeclaredNameIsRefusedWithTheNearestOne() async throws {
        #expect(
            try await fault("agent:\n  prot: 1\n")
                == "cannot use the setting agent.prot in FILE: there is none of this name; did you mean agent.port?")
    }

    @Test func onlyADeclaredListMayBeAList() async throws {
        #expect(
            try await fault("socket: [/x]\n")
                == "cannot use the setting socket in FILE: it has to be one text, not a list")
        #expect(
            try await fault("socket:\n  path: /x\n")
                == "cannot use the setting socket in FILE: it has to be one text, put it in quotes")
    }

    @Test func aFileWithADeclaredSecretMustBePrivate() async throws {
        #expect(try await fault("shop:\n  key: word\n") == nil)
        #expect(
            try await fault("shop:\n  key: word\n", mode: 0o644)
                == "cannot trust FILE, which --config, with shop.key in it, names: others may read it; "
                + "run chmod 600 FILE")
    }
}
