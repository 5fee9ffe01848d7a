import AuraAPI
import Identity
import Testing

/// The scopes of each role. A change here changes what every principal of the role may do.
@Suite struct RoleTests {
    private let scopes = [
        "audit:read", "events:read", "instances:read", "instances:write", "jobs:read", "jobs:write", "operations:write",
        "secrets:export", "secrets:read", "secrets:write", "system:read", "tokens:write",
    ]

    @Test func aViewerReadsEverythingButTheAudit() {
        #expect(
            Role.viewer.scopes(of: scopes) == [
                "events:read", "instances:read", "jobs:read", "secrets:read", "system:read",
            ])
    }

    @Test func anOperatorAlsoOperatesInstancesAndJobs() {
        #expect(
            Role.operator.scopes(of: scopes).subtracting(Role.viewer.scopes(of: scopes))
                == ["instances:write", "jobs:write"])
    }

    @Test func anAdministratorOfATenantAlsoMakesTokensAndSecrets() {
        #expect(
            Role.tenantAdmin.scopes(of: scopes).subtracting(Role.operator.scopes(of: scopes))
                == ["tokens:write", "secrets:write"])
    }

    @Test func anAuditorOnlyReadsTheAudit() {
        #expect(Role.auditor.scopes(of: scopes) == ["audit:read"])
    }

    @Test func anAdministratorHasEverythingButTheExportOfSecrets() {
        #expect(Role.admin.scopes(of: scopes) == Set(scopes).subtracting(["secrets:export"]))
    }

    /// `reconcile.run` changes resources of every tenant.
    @Test func onlyAnAdministratorMayRunASweep() {
        let roles = Role.allCases.filter { $0.scopes().contains("operations:write") }
        #expect(roles == [.admin])
    }
}
