import AuraModel
import CredentialFiles
import DriverKit
import Foundation
import TestKit
import Testing

@Suite("Credentials in files")
struct FileCredentialStoreTests {
    private let directory = NSTemporaryDirectory() + "aura-credentials-\(UInt64.random(in: 0 ... .max))"

    @Test("saved credentials are loaded, are accessible to their owner only, and are removed completely")
    func roundTrip() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try FileCredentialStore(directory: directory)
        let instance = Fixture.instance(phase: .provisioning)
        #expect(try await store.load(instance) == nil)
        try await store.save(Self.credentials(isConfigured: false), for: instance)
        try await store.save(Self.credentials(isConfigured: true), for: instance)
        let loaded = try #require(try await store.load(instance))
        #expect(loaded.client.privateKey.reveal() == "client key")
        #expect(loaded.hostKeys == ["lasting"])
        let files = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(files.count == 1)
        let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + files[0])
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try await store.remove(instance)
        try await store.remove(instance)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }

    @Test("an unconfigured machine may present either host key")
    func hostKeys() {
        #expect(Self.credentials(isConfigured: false).hostKeys == ["birth", "lasting"])
    }

    @Test("a partial file of an interrupted write is not loaded, is replaced, and is removed")
    func remainsOfACrash() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try FileCredentialStore(directory: directory)
        let instance = Fixture.instance(phase: .provisioning)
        let draft = "\(directory)/\(instance.id)-g1.json.new"
        try Data("half a ke".utf8).write(to: URL(fileURLWithPath: draft))
        #expect(try await store.load(instance) == nil)
        try await store.save(Self.credentials(isConfigured: true), for: instance)
        #expect(try await store.load(instance)?.hostKeys == ["lasting"])
        try Data("half a ke".utf8).write(to: URL(fileURLWithPath: draft))
        try await store.remove(instance)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }

    @Test("a damaged file is an error, not missing credentials")
    func damage() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try FileCredentialStore(directory: directory)
        let instance = Fixture.instance(phase: .running)
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(directory)/\(instance.id)-g1.json"))
        await #expect(throws: Failure.self) { try await store.load(instance) }
    }

    private static func credentials(isConfigured: Bool) -> MachineCredentials {
        MachineCredentials(
            client: KeyPair(privateKey: Secret("client key"), publicKey: "client"),
            birthHostKey: KeyPair(privateKey: Secret("birth key"), publicKey: "birth"),
            lastingHostKey: KeyPair(privateKey: Secret("lasting key"), publicKey: "lasting"),
            isConfigured: isConfigured, gatewayToken: Secret("token"))
    }
}
