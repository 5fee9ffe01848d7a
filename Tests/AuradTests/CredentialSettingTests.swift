import AuraModel
import Configuration
import DriverKit
import Foundation
import Locking
import Testing

@testable import FeatureKit

/// The forms of a setting for a provider's credential.
@Suite struct CredentialSettingTests {
    /// Secrets in memory.
    private final class Secrets: InstallationSecrets {
        let values = Locked<[String: String]>([:])

        func open(_ name: String) async throws(Failure) -> Secret? { values.withLock { $0[name] }.map { Secret($0) } }
        func add(_ value: Secret, as name: String) async throws(Failure) -> Bool { false }
        func put(_ value: Secret, as name: String) async throws(Failure) {}
        func delete(_ name: String) async throws(Failure) {}
        func offer(_ credentials: any OutsideCredentials) {}
    }

    private func setting(_ values: [String: String]) throws -> CredentialSetting {
        let provider = InMemoryProvider(
            name: "values",
            values: Dictionary(
                uniqueKeysWithValues: values.map {
                    (AbsoluteConfigKey(ConfigKey($0.key)), ConfigValue(.string($0.value), isSecret: false))
                }))
        return try SettingsSource([provider], name: "the test").credential("shop.key", for: "the key") { value in
            guard value.hasPrefix("key-") else { throw SettingsError("cannot use shop.key: no key") }
        }
    }

    private func code(_ credential: ProviderCredential) async -> String? {
        do {
            _ = try await credential.open()
            return nil
        } catch {
            #expect(error.errorClass == .transient, "a job waits for the operator")
            return error.code
        }
    }

    @Test func aSecretIsOpenedForEachCall() async throws {
        let secrets = Secrets()
        let setting = try setting(["shop.key": "vault:shop.key"])
        let credential = setting.credential(secrets)
        #expect(await code(credential) == "credentialMissing")
        secrets.values.withLock { $0["shop.key"] = "key-1" }
        #expect(try await credential.open().reveal() == "key-1")
        secrets.values.withLock { $0["shop.key"] = "key-2" }
        #expect(try await credential.open().reveal() == "key-2")
        secrets.values.withLock { $0["shop.key"] = "wrong" }
        #expect(await code(credential) == "credentialUnusable")
        #expect(setting.outside == nil)
        try setting.check(secrets)
    }

    @Test func aSecretNeedsAKeyFile() async throws {
        let setting = try setting(["shop.key": "vault:a.b"])
        let error = #expect(throws: SettingsError.self) { try setting.check(nil) }
        #expect(error?.message.contains("cannot use shop.key = vault:a.b, the daemon has no key file") == true)
        #expect(await code(setting.credential(nil)) == "credentialClosed")
    }

    @Test func aValueIsImportedUnderTheNameOfItsSetting() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("aura-\(UUID().uuidString)").path
        let isMade = FileManager.default.createFile(
            atPath: file, contents: Data("key-f\n".utf8), attributes: [.posixPermissions: 0o600])
        try #require(isMade)
        defer { try? FileManager.default.removeItem(atPath: file) }
        for (values, place, text) in [
            (["shop.key": "key-1"], "the setting shop.key", "key-1"), (["shop.keyFile": file], file, "key-f"),
            (["shop.key": "key-2", "shop.keyFile": file], "the setting shop.key", "key-2"),
        ] {
            let setting = try setting(values)
            #expect(try await setting.credential(nil).open().reveal() == text)
            let outside = try #require(setting.outside)
            #expect((outside.name, outside.place) == ("shop.key", place))
            #expect(outside.use?.contains("set shop.key to vault:shop.key") == true)
            #expect(try await outside.value()?.reveal() == text)
            try setting.check(nil)
        }
    }

    @Test(arguments: ["vault:", "vault:a b", "vault:machine.x", "vault:.a", "vault:a/b"])
    func aWrongNameIsRefused(_ text: String) {
        #expect(throws: SettingsError.self) { try setting(["shop.key": text]) }
    }

    @Test func aWrongValueIsRefusedAtTheStart() {
        #expect(throws: SettingsError.self) { try setting(["shop.key": "wrong"]) }
        #expect(throws: SettingsError.self) { try setting([:]) }
    }
}
