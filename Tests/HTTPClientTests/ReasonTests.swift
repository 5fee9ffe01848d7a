import Testing

@testable import HTTPClient

/// libcurl's error messages, as they appear in events and errors.
@Suite struct ReasonTests {
    struct Case: Sendable {
        var number: UInt32
        var libcurl: String
        var systemError: Int32 = 0
        var wasSent = false
        var expected: String
    }

    static let cases = [
        Case(
            number: 6, libcurl: "Could not resolve host: api.test",
            expected: "the name of api.test:444 has no address, or no name server answers"),
        Case(
            number: 5, libcurl: "Could not resolve proxy: x",
            expected: "the name of the proxy has no address, or no name server answers: check outbound.proxy"),
        Case(
            number: 7, libcurl: "Failed to connect to api.test port 444 after 0 ms: Couldn't connect to server",
            systemError: 111,
            expected: "cannot connect to api.test:444: connection refused"),
        Case(number: 7, libcurl: "Couldn't connect to server", expected: "cannot connect to api.test:444"),
        Case(
            number: 28, libcurl: "Connection timed out after 10001 milliseconds",
            expected: "no connection to api.test:444 came about within 10.0 seconds"),
        Case(
            number: 97, libcurl: "CONNECT tunnel failed, response 407",
            expected: "the proxy makes no connection to api.test:444: CONNECT tunnel failed, response 407"),
        Case(
            number: 60, libcurl: "SSL certificate problem: self-signed certificate",
            expected: "the certificate of api.test:444 is not trusted: self-signed certificate; if a proxy inspects "
                + "connections, set outbound.certificateAuthorityFile"),
        Case(
            number: 35, libcurl: "Recv failure: Connection reset by peer",
            expected: "no TLS session with api.test:444 came about: recv failure: Connection reset by peer"),
        Case(
            number: 35, libcurl: "SSL routines::wrong version number",
            expected: "no TLS session with api.test:444 came about: SSL routines::wrong version number"),
        Case(
            number: 52, libcurl: "Empty reply from server", wasSent: true,
            expected: "api.test:444 closed the connection without an answer"),
        Case(
            number: 18, libcurl: "transfer closed with 92 bytes remaining to read", wasSent: true,
            expected: "api.test:444 closed the connection before its answer was complete"),
        Case(
            number: 56, libcurl: "Recv failure: Connection reset by peer", systemError: 104, wasSent: true,
            expected: "the connection to api.test:444 broke: connection reset by peer"),
        Case(number: 3, libcurl: "URL using bad/illegal format or missing URL", expected: "the URL is malformed"),
        Case(
            number: 1, libcurl: "Protocol \"ftp\" not supported or disabled in libcurl",
            expected: "the URL must begin with http:// or https://"),
        Case(
            number: 1, libcurl: "Received HTTP/0.9 when not allowed", wasSent: true,
            expected: "api.test:444 answers, but not with HTTP"),
        Case(
            number: 92, libcurl: "HTTP/2 stream 1 was not closed cleanly", wasSent: true,
            expected: "the connection to api.test:444 failed: HTTP/2 stream 1 was not closed cleanly"),
    ]

    @Test(arguments: cases) func errorsOfLibcurlAreTranslated(_ given: Case) {
        let reason = TransferReason(
            number: given.number, host: "api.test:444", connectTimeout: .seconds(10), systemError: given.systemError,
            wasSent: given.wasSent, libcurl: given.libcurl)
        #expect(reason.text == given.expected)
    }

    /// A real error of libcurl.
    @Test func aRefusedConnectionNamesTheHostAndTheCause() async throws {
        let client = HTTPClient()
        // Port 1 of loopback is reserved, and nothing listens on it.
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(.get, "http://127.0.0.1:1/v1?x=1"))
        }
        #expect(
            error?.message == "cannot GET http://127.0.0.1:1/v1: cannot connect to 127.0.0.1:1: connection refused")
        await client.shutdown()
    }
}
