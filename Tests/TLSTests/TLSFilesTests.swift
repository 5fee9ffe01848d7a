import Foundation
import NIOCore
import TestKit
import Testing
import X509

@testable import TLS

@Suite struct TLSFilesTests {
    private let directory: TemporaryDirectory
    private let authority: TestAuthority

    init() throws {
        directory = try TemporaryDirectory()
        authority = try TestAuthority()
    }

    /// Returns the error for the files, at `time` seconds after the certificates were made.
    private func failure(
        _ certificate: String, _ key: String, authority client: String? = nil, at time: Int64 = 0
    ) -> TLSError? {
        do throws(TLSError) {
            try TLSFiles(certificate: certificate, key: key, clientAuthority: client).check(now: authority.now + time)
            return nil
        } catch {
            return error
        }
    }

    private func write(_ text: String, _ name: String, mode: Int = 0o600) throws -> String {
        try TestAuthority.Issued.write(text, directory.file(name), mode: mode)
        return directory.file(name)
    }

    @Test func aPairThatFitsIsAccepted() throws {
        let pair = try authority.issue(.server).write(to: directory, "server")
        let client = try authority.issued.write(to: directory, "authority").certificate
        #expect(failure(pair.certificate, pair.key) == nil)
        #expect(failure(pair.certificate, pair.key, authority: client) == nil)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o602])
    func aKeyThatOthersMayUseIsRefused(_ mode: Int) throws {
        let pair = try authority.issue(.server).write(to: directory, "server")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: pair.key)
        let error = failure(pair.certificate, pair.key)
        #expect(error?.code == .notPrivate)
        #expect(error?.message.contains("run chmod 600 \(pair.key)") ?? false)
    }

    @Test func aKeyOfAnotherCertificateIsRefused() throws {
        let pair = try authority.issue(.server).write(to: directory, "server")
        let other = try authority.issue(.server).write(to: directory, "other")
        #expect(failure(pair.certificate, other.key)?.code == .mismatch)
    }

    @Test func aCertificateHoldsInItsTimeOnly() throws {
        var leaf = TestAuthority.Leaf.server
        (leaf.from, leaf.days) = (0, 1)
        let pair = try authority.issue(leaf).write(to: directory, "server")
        #expect(failure(pair.certificate, pair.key, at: -1)?.code == .notValidNow)
        #expect(failure(pair.certificate, pair.key, at: 0) == nil)
        #expect(failure(pair.certificate, pair.key, at: 86_401)?.code == .notValidNow)
    }

    @Test func aFileWithoutItsDocumentIsRefused() throws {
        let pair = try authority.issue(.server).write(to: directory, "server")
        let empty = try write("", "empty")
        let text = try write("nothing\n", "text")
        let torn = try write(String(try authority.issue(.server).pem.dropLast(40)), "torn")
        for path in [empty, text, torn, pair.key] {
            #expect(failure(path, pair.key)?.code == .malformed, "\(path) as certificate")
        }
        for path in [empty, text, try write(authority.issue(.server).pem, "certificate")] {
            #expect(failure(pair.certificate, path)?.code == .malformed, "\(path) as key")
        }
        #expect(failure(directory.file("absent"), pair.key)?.code == .unreadable)
        #expect(failure(pair.certificate, directory.path)?.code == .unreadable)
        #expect(failure(pair.certificate, pair.key, authority: pair.certificate)?.code == .malformed)
    }

    @Test func aCertificateOfAClientIsNoneOfAServer() throws {
        let pair = try authority.issue().write(to: directory, "client")
        #expect(failure(pair.certificate, pair.key)?.code == .malformed)
    }

    @Test func aChainHasEachIssuerAfterWhatItIssued() throws {
        let server = try authority.issue(.server)
        let key = try write(server.keyPEM, "key")
        let root = try authority.issued.pem
        #expect(failure(try write(server.pem + root, "chain"), key) == nil)
        #expect(failure(try write(root + server.pem, "backwards"), key)?.code == .mismatch)
        let other = try TestAuthority("other").issued.pem
        #expect(failure(try write(server.pem + other, "broken"), key)?.code == .malformed)
    }

    @Test(
        arguments: [
            (30, nil), (21, nil), (20, 21), (7, 21), (6, 7), (1, 7), (0, 1), (-1, 0),
        ] as [(Int64, Int?)])
    func theEndIsReportedInSteps(days: Int64, step: Int?) {
        #expect(ExpiryWarning.days(notAfter: 1_000_000_000 + days * 86_400, now: 1_000_000_000) == step)
    }

    @Test func failuresOfOnePeerAreLoggedOnceAMinute() {
        var pace = LogPace()
        func isLogged(_ peer: String, after seconds: Int64) -> Bool {
            pace.allows(peer, now: .uptimeNanoseconds(1 << 40) + .seconds(seconds))
        }
        #expect(isLogged("a", after: 0))
        #expect(!isLogged("a", after: 59))
        #expect(isLogged("b", after: 0))
        #expect(isLogged("a", after: 60))
        for peer in 0..<2000 { _ = isLogged("\(peer)", after: 61) }
        #expect(!isLogged("new", after: 62))
        #expect(isLogged("new", after: 200))
    }
}
