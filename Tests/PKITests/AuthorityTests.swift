import Foundation
import JSONRPC
import PKI
import SwiftASN1
import TestKit
import Testing
import X509

@testable import TLS

@Suite struct AuthorityTests {
    private let now: Int64 = 1_795_176_000
    private let made: IssuedPair
    private let authority: Authority

    init() throws {
        made = try Authority.make(installation: "4f6b0a2c91de", now: now)
        authority = try Authority(certificate: made.certificate, key: made.key, now: now)
    }

    private func ada() throws -> CertificateSubject {
        .principal(try #require(CertificateName(installation: "4f6b0a2c91de", principal: "ada")))
    }

    @Test(arguments: [1, 30, 90])
    func aCertificateOfAPrincipalPassesTheRules(_ days: Int) throws {
        let issued = try authority.issue(ada(), days: days, now: now)
        let rules = ClientAuthority([try Certificate(pemEncoded: made.certificate)])
        let der = try Certificate(pemEncoded: issued.certificate).serializeAsPEM().derBytes
        for time in [now, now + Int64(days) * 86_400 - 301] {
            #expect(try rules.check(der: der, now: time).uri == "aura://4f6b0a2c91de/principal/ada")
        }
        #expect(throws: ClientAuthority.Refusal.self) { try rules.check(der: der, now: now + Int64(days) * 86_400) }
    }

    @Test func aCertificateOfAServerCanBeServed() throws {
        let directory = try TemporaryDirectory()
        let names = try ["aura.example.org", "127.0.0.1", "2001:db8::7"].map {
            try #require(CertificateSubject.ServerName($0))
        }
        let issued = try authority.issue(.server(names), days: 30, now: now)
        try issued.certificate.write(toFile: directory.file("server.pem"), atomically: true, encoding: .utf8)
        try issued.key.write(toFile: directory.file("server.key"), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: directory.file("server.key"))
        try TLSFiles(certificate: directory.file("server.pem"), key: directory.file("server.key")).check(now: now)
        let renewal = try authority.renewal(of: issued.certificate)
        #expect(renewal.subject == .server(names))
        #expect(renewal.days == 30)
    }

    @Test func aRenewalHasTheSameNamesAndAnotherKey() throws {
        let issued = try authority.issue(ada(), days: 7, now: now)
        let renewal = try authority.renewal(of: issued.certificate)
        #expect(renewal.subject == (try ada()))
        #expect(renewal.days == 7)
        let again = try authority.issue(renewal.subject, days: renewal.days, now: now + 86_400)
        #expect(again.key != issued.key)
        #expect(again.notAfter == issued.notAfter + 86_400)
    }

    @Test func onlyItsOwnCertificatesAreRenewed() throws {
        let other = try Authority.make(installation: "4f6b0a2c91de", now: now)
        let foreign = try Authority(certificate: other.certificate, key: other.key, now: now)
        let issued = try foreign.issue(ada(), days: 7, now: now).certificate
        #expect(throws: Authority.Failure.self) { try authority.renewal(of: issued) }
        #expect(throws: Authority.Failure.self) { try authority.renewal(of: made.certificate) }
        #expect(throws: Authority.Failure.self) { try authority.renewal(of: "") }
    }

    @Test func theFilesOfAnAuthorityMustFit() throws {
        let other = try Authority.make(installation: "other", now: now)
        let issued = try authority.issue(ada(), days: 7, now: now)
        for (certificate, key) in [
            (made.certificate, other.key), (issued.certificate, issued.key), ("", made.key), (made.certificate, ""),
        ] {
            #expect(throws: Authority.Failure.self) { try Authority(certificate: certificate, key: key, now: now) }
        }
        #expect(throws: Authority.Failure.self) {
            try Authority(certificate: made.certificate, key: made.key, now: made.notAfter + 1)
        }
    }

    @Test(arguments: [-1, 0, 91, 400]) func otherLivesAreRefused(_ days: Int) throws {
        #expect(throws: Authority.Failure.self) { try authority.issue(ada(), days: days, now: now) }
    }

    @Test func noCertificateOutlivesItsAuthority() throws {
        let late = made.notAfter - 29 * 86_400
        #expect(throws: Authority.Failure.self) { try authority.issue(ada(), days: 30, now: late) }
        #expect(try authority.issue(ada(), days: 29, now: late).notAfter <= made.notAfter)
    }

    @Test(arguments: ["", "-a", "a b", "ä", "a/b", String(repeating: "a", count: 49)])
    func anInstallationHasAName(_ name: String) {
        #expect(throws: Authority.Failure.self) { try Authority.make(installation: name, now: now) }
    }

    @Test(arguments: [
        "", " ", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "*.example.org", "a:1", "[::1]", "1.2.3", "1.2.3.4.5",
        "ä.example", String(repeating: "a", count: 64),
    ])
    func otherTextsAreNoServers(_ text: String) {
        #expect(CertificateSubject.ServerName(text) == nil)
    }

    @Test func aServerHasANameOrAnAddress() throws {
        #expect(CertificateSubject.ServerName("Aura.Example.org")?.description == "aura.example.org")
        #expect(CertificateSubject.ServerName("2001:DB8:0::7")?.description == "2001:db8::7")
        #expect(CertificateSubject.ServerName("192.0.2.7")?.description == "192.0.2.7")
    }
}
