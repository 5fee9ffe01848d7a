import Crypto
import Foundation
import JSONRPC
import SwiftASN1
import TestKit
import Testing
import X509

@testable import TLS

/// Each rule for a client's certificate, with a certificate that breaks this rule alone.
@Suite struct ClientAuthorityTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func refusal(_ issued: TestAuthority.Issued, at time: Int64 = 0) throws -> String? {
        do throws(ClientAuthority.Refusal) {
            let der = (try? issued.der) ?? []
            _ = try ClientAuthority([authority.issued.certificate]).check(der: der, now: authority.now + time)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func aGoodCertificateGivesItsIdentity() throws {
        let issued = try authority.issue()
        let identity = try ClientAuthority([authority.issued.certificate]).check(der: issued.der, now: authority.now)
        #expect(identity.uri == "aura://test/principal/ada")
        #expect(identity.keyDigest == Array(SHA256.hash(data: issued.key.publicKey.derRepresentation)))
        #expect(identity.notAfter == authority.now - 60 + 30 * 86_400)
    }

    @Test func theLongestLifeIsNinetyDays() throws {
        #expect(try refusal(authority.issue(.init(days: 90))) == nil)
        #expect(try refusal(authority.issue(.init(days: 91))) == "it is valid for more than 90 days")
    }

    @Test func aCertificateHoldsFromItsBeginToItsEnd() throws {
        let issued = try authority.issue(.init(from: 0, days: 1))
        #expect(try refusal(issued, at: -1) == "it is not valid yet")
        #expect(try refusal(issued, at: 0) == nil)
        #expect(try refusal(issued, at: 86_400) == nil)
        #expect(try refusal(issued, at: 86_401) == "it has expired")
    }

    @Test(arguments: [
        (TestAuthority.Leaf(isAuthority: true), "it is a certificate authority"),
        (.init(usage: nil), "its key usage lacks digitalSignature"),
        (.init(usage: KeyUsage(keyAgreement: true)), "its key usage lacks digitalSignature"),
        (.init(usage: KeyUsage(digitalSignature: true, keyCertSign: true)), "its key usage includes keyCertSign"),
        (.init(uses: nil), "its extended key usage lacks clientAuth"),
        (.init(uses: [.serverAuth]), "its extended key usage lacks clientAuth"),
        (.init(uses: [.any]), "its extended key usage lacks clientAuth"),
        (.init(names: []), "it has 0 URIs instead of one"),
        (.init(names: [.dnsName("ada")]), "it has 0 URIs instead of one"),
        (
            .init(names: [
                .uniformResourceIdentifier("aura://test/principal/ada"),
                .uniformResourceIdentifier("aura://test/principal/bob"),
            ]), "it has 2 URIs instead of one"
        ),
        (
            .init(names: [.uniformResourceIdentifier("aura://test/worker/ada")]),
            "its URI is not aura://INSTALLATION/principal/ID"
        ),
        (.init(unknown: true), "it has a critical extension that is not known"),
        (.init(issuerName: "other"), "it was not issued by the client authority itself"),
    ])
    func aCertificateThatBreaksARuleIsRefused(_ leaf: TestAuthority.Leaf, _ reason: String) throws {
        #expect(try refusal(authority.issue(leaf)) == reason)
    }

    @Test func anUnknownExtensionThatIsNotCriticalIsIgnored() throws {
        #expect(try refusal(authority.issue(.init(unknown: false))) == nil)
    }

    @Test func anAuthorityOfTheSameNameWithAnotherKeyIsRefused() throws {
        let other = try TestAuthority(now: authority.now)
        #expect(try refusal(other.issue()) == "it was not issued by the client authority itself")
    }

    @Test func aCertificateOfAnIntermediateIsRefused() throws {
        let intermediate = try authority.issue(
            .init(names: [], isAuthority: true, usage: KeyUsage(keyCertSign: true), uses: nil))
        let leaf = try TestAuthority.issue(.init(), by: intermediate, issuerName: "leaf", now: authority.now)
        #expect(try refusal(leaf) == "it was not issued by the client authority itself")
    }

    @Test func bytesThatAreNoCertificateAreRefused() throws {
        let good = try authority.issue().der
        let own = ClientAuthority([authority.issued.certificate])
        #expect(throws: ClientAuthority.Refusal.self) { try own.check(der: [], now: authority.now) }
        #expect(throws: ClientAuthority.Refusal.self) { try own.check(der: Array(good.dropLast()), now: authority.now) }
        #expect(throws: ClientAuthority.Refusal.self) { try own.check(der: good + [0], now: authority.now) }
        let known = try own.check(der: good, now: authority.now)
        for index in good.indices {
            var changed = good
            changed[index] ^= 1
            // The number of unused bits in the signature's bit string is the only byte that may change.
            let identity = try? own.check(der: changed, now: authority.now)
            #expect(identity == nil || identity == known, "byte \(index)")
        }
    }

    @Test func eachOfTwoAuthoritiesCounts() throws {
        let next = try TestAuthority("next", now: authority.now)
        let both = ClientAuthority([authority.issued.certificate, next.issued.certificate])
        for issuer in [authority, next] {
            #expect(try both.check(der: issuer.issue().der, now: authority.now).uri == "aura://test/principal/ada")
        }
    }
}
