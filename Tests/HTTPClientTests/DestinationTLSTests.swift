import Encoding
import Foundation
import HTTPClient
import Testing

/// An HTTPS server with a certificate of its own: `openssl s_server`, which serves the files of its directory.
private final class HTTPSServer {
    static let program = "/usr/bin/openssl"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    let directory: String
    let port: Int
    private let process = Process()

    var certificate: String { directory + "/certificate.pem" }

    init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/aura-https-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let make = Process()
        make.executableURL = URL(fileURLWithPath: Self.program)
        make.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", directory + "/key.pem", "-out",
            directory + "/certificate.pem",
        ]
        make.standardError = FileHandle.nullDevice
        try make.run()
        make.waitUntilExit()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-key", "key.pem", "-cert", "certificate.pem", "-WWW",
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // "ACCEPT 127.0.0.1:PORT", once it listens.
        var text = ""
        while !text.hasSuffix("\n") || !text.contains("ACCEPT") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { break }
            text += String(decoding: data, as: UTF8.self)
        }
        port = text.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    }

    func write(_ name: String, bytes: Int) throws {
        try String(repeating: "x", count: bytes).write(
            toFile: "\(directory)/\(name)", atomically: false, encoding: .utf8)
    }

    func stop() {
        // SIGTERM may be blocked: the server inherits the signal mask of the thread that started it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// Requests under the rule for customers' URLs to a real HTTPS server.
@Suite(.enabled(if: HTTPSServer.isInstalled, "openssl is not installed"), .serialized)
struct DestinationTLSTests {
    private func run(
        allowing networks: [String], trusting: Bool = true, _ path: String
    ) async throws -> Result<HTTPResponse, HTTPError> {
        let server = try HTTPSServer()
        defer { server.stop() }
        try #require(server.port > 0)
        try server.write("small", bytes: 16 << 10)
        try server.write("large", bytes: (16 << 10) + 1)
        let policy = DestinationPolicy(
            addresses: AddressPolicy(allowed: try networks.map { try #require(IPNetwork($0)) }), ports: [server.port])
        let client = HTTPClient(
            settings: HTTPClientSettings(
                certificateAuthorityFile: trusting ? server.certificate : nil, destinations: policy))
        let request = HTTPRequest(.get, "https://localhost:\(server.port)/\(path)")
        let result: Result<HTTPResponse, HTTPError>
        do throws(HTTPError) { result = .success(try await client.send(request)) } catch { result = .failure(error) }
        await client.shutdown()
        return result
    }

    @Test func anAllowedServerAnswers() async throws {
        let response = try await run(allowing: ["127.0.0.1"], "small").get()
        #expect(response.status == 200 && response.body.count == 16 << 10)
    }

    @Test func aLongerAnswerIsRefused() async throws {
        let result = try await run(allowing: ["127.0.0.1"], "large")
        #expect(throws: HTTPError.self) { try result.get() }
        guard case .failure(let error) = result else { return }
        #expect(error.code == .tooLarge)
    }

    @Test func aServerOutsideTheAllowedNetworksIsNotConnectedTo() async throws {
        guard case .failure(let error) = try await run(allowing: ["127.0.0.2", "10.0.0.0/8"], "small") else {
            Issue.record("it answered")
            return
        }
        #expect(error.code == .addressRefused && !error.mayHaveBeenSent)
    }

    @Test func theCertificateIsVerified() async throws {
        guard case .failure(let error) = try await run(allowing: ["127.0.0.1"], trusting: false, "small") else {
            Issue.record("it answered")
            return
        }
        #expect(error.code == .tls && !error.mayHaveBeenSent)
    }
}
