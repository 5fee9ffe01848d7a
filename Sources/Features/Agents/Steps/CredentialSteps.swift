import AuraModel
import DriverKit
import Jobs

/// Creates and removes the credentials of a machine.
struct CredentialSteps {
    let services: MachineServices

    func make(_ context: StepContext) async throws -> StepOutcome {
        let instance = context.instance
        guard try await services.credentials.load(instance) == nil else { return .done }
        let name = instance.resourceName
        let credentials = MachineCredentials(
            client: try await services.shell.makeKeyPair(comment: "aura \(name)"),
            birthHostKey: try await services.shell.makeKeyPair(comment: "birth \(name)"),
            lastingHostKey: try await services.shell.makeKeyPair(comment: "host \(name)"), isConfigured: false,
            gatewayToken: token(context))
        context.noteChange()
        try await services.credentials.save(credentials, for: instance)
        return .done
    }

    func remove(_ context: StepContext) async throws -> StepOutcome {
        try await services.credentials.remove(context.instance)
        return .done
    }

    /// Returns 256 random bits as hexadecimal digits.
    private func token(_ context: StepContext) -> Secret {
        let words = (0..<4).map { _ in context.random.next() }
        return Secret(
            words.map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined())
    }
}
