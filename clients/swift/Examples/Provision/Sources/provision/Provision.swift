import AuraAPI
import AuraClient
import Foundation
import JSONRPC

/// Provisions an agent, shows its progress, and destroys it again: provision NAME [REGION [SIZE]]
@main
struct Provision {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard (1...3).contains(arguments.count) else { return fail("usage: provision NAME [REGION [SIZE]]") }
        do {
            try await run(
                name: arguments[0], region: arguments.count > 1 ? arguments[1] : "eu-central",
                size: arguments.count > 2 ? arguments[2] : "small")
        } catch {
            fail("cannot go on: \(error)")
        }
    }

    static func run(name: String, region: String, size: String) async throws {
        let aura = try AuraClient()
        let operation = try await aura.provision(name: name, region: region, size: size)
        for try await event in try await aura.follow(operation.job.id) {
            print("\(event.at) \(event.type.rawValue) \(event.message)")
        }
        let instance = try await aura.waitUntilRunning(operation)
        print("\(name) runs at \(instance.server?.address ?? "nowhere")")
        let destroyed = try await aura.destroy(instance: name)
        print("destroy \(try await aura.wait(for: destroyed.job.id).state)")
        await aura.close()
    }

    static func fail(_ words: String) {
        FileHandle.standardError.write(Data("\(words)\n".utf8))
        exit(1)
    }
}
