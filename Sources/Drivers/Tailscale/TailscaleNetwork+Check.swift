internal import AuraModel
public import DriverKit

extension TailscaleNetwork {
    /// Creates a key that is valid for one minute, revokes it and lists the devices. These calls test the OAuth client,
    /// its tags and both scopes.
    public func check() async throws -> [ProviderFinding] {
        var findings: [ProviderFinding] = []
        var key: EnrolmentKey?
        do {
            key = try await mintKey(EnrolmentKeySpecification(description: "aura check", lifetime: .seconds(60)))
        } catch let failure as Failure {
            findings.append(try Self.finding(failure, scope: "auth_keys"))
        }
        if let key {
            do {
                try await revokeKey(id: key.id)
            } catch let failure as Failure where failure.errorClass == .permanent {
                findings.append(try Self.finding(failure, scope: "auth_keys"))
            }
        }
        guard !findings.contains(where: { $0.setting == Self.client }) else { return findings }
        do {
            _ = try await devices()
        } catch let failure as Failure {
            findings.append(try Self.finding(failure, scope: "devices:core"))
        }
        return findings
    }

    private static let client = "tailscale.clientSecret"

    /// Returns the finding for a failure. Throws the failure if it is not about the settings.
    private static func finding(_ failure: Failure, scope: String) throws(Failure) -> ProviderFinding {
        switch failure.code {
        case "unauthorized":
            ProviderFinding(
                .error, setting: client,
                "\(failure.message); check tailscale.clientId and the secret of the OAuth client")
        case "forbidden":
            ProviderFinding(
                .error, setting: "tailscale.clientId", "\(failure.message); give the OAuth client the scope \(scope)")
        case "badRequest":
            ProviderFinding(
                .error, setting: "tailscale.tags",
                "\(failure.message); give the OAuth client exactly these tags, or one that owns them in tagOwners")
        case "notFound":
            ProviderFinding(.error, setting: "tailscale.endpoint", "\(failure.message); check the address")
        default: throw failure
        }
    }
}
