import AuraModel
import Testing

@Suite struct TenantScopeTests {
    private let alice = TenantID("alice")
    private let bob = TenantID("bob")

    @Test func allHasEveryTenant() {
        #expect(TenantScope.all.contains(alice))
        #expect(TenantScope.all.contains(TenantID("")))
    }

    @Test func aSetHasOnlyItsTenants() {
        let scope = TenantScope.only([alice])
        #expect(scope.contains(alice))
        #expect(!scope.contains(bob))
        // Tenants are compared exactly.
        #expect(!scope.contains(TenantID("Alice")))
        #expect(!scope.contains(TenantID("alice ")))
    }

    @Test func anEmptySetHasNoTenant() {
        #expect(!TenantScope.only([]).contains(alice))
    }

    @Test func anIntersectionNeverHasMoreThanEitherScope() {
        let scopes: [TenantScope] = [.all, .only([]), .only([alice]), .only([bob]), .only([alice, bob])]
        for one in scopes {
            for other in scopes {
                let both = one.intersection(other)
                #expect(both == other.intersection(one))
                for tenant in [alice, bob, TenantID("carol")] {
                    #expect(both.contains(tenant) == (one.contains(tenant) && other.contains(tenant)))
                }
            }
        }
        #expect(TenantScope.all.intersection(.all) == .all)
        #expect(TenantScope.only([alice]).intersection(.only([bob])) == .only([]))
    }
}
