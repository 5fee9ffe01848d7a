import AuraModel
import DriverKit
import Jobs

/// Creates the daemon's public key at the provider, for the new server.
struct KeySteps {
    let services: MachineServices

    func create(_ context: StepContext) async throws -> StepOutcome {
        let instance = context.instance
        let credentials = try await services.credentials(of: instance)
        if context.externalID != nil { return .done }
        let key: ServerKey
        if let found = try await adopt(instance, credentials) {
            key = found
        } else {
            key = try await make(context, credentials)
        }
        try await context.checkpoint(externalID: key.id)
        return .done
    }

    /// Returns a key with this name from an earlier attempt if it holds the daemon's public key. Deletes a key of Aura
    /// that has this name and another public key.
    private func adopt(_ instance: Instance, _ credentials: MachineCredentials) async throws -> ServerKey? {
        guard let found = try await services.compute.key(named: instance.resourceName) else { return nil }
        guard Labels.mark(found.labels, as: instance, of: services.installation) else {
            throw Failure(
                .permanent, code: "nameTaken",
                message:
                    "an SSH key named \(found.name) exists at the provider and is not ours: rename or delete it there")
        }
        if Self.body(found.publicKey) == Self.body(credentials.client.publicKey) { return found }
        try await services.compute.deleteKey(id: found.id)
        return nil
    }

    private func make(_ context: StepContext, _ credentials: MachineCredentials) async throws -> ServerKey {
        let instance = context.instance
        return try await services.compute.createKey(
            ServerKeySpecification(
                name: instance.resourceName, publicKey: credentials.client.publicKey,
                labels: Labels.of(instance, job: context.job, installation: services.installation)))
    }

    /// Returns the type and the key of a public key line, without the comment.
    private static func body(_ line: String) -> [Substring] {
        Array(line.split(separator: " ").prefix(2))
    }
}

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
        // If another daemon was faster, its credentials are the machine's.
        _ = try await services.credentials.add(credentials, for: instance)
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
