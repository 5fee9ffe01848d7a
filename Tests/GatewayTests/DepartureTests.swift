import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Gateway

@Suite struct DepartureTests {
    @Test func aDepartureDuringTheRequestIsReportedOnce() async {
        let departure = Departure()
        await confirmation(expectedCount: 1) { noticed in
            await departure.observe {
                noticed()
            } during: {
                departure.happen()
                departure.happen()
            }
        }
    }

    @Test func anEarlierDepartureIsReportedAtOnceAndALaterOneIsNot() async {
        let departure = Departure()
        await confirmation(expectedCount: 0) { noticed in
            await departure.observe {
                noticed()
            } during: {
            }
            departure.happen()
        }
        await confirmation(expectedCount: 1) { noticed in
            await departure.observe {
                noticed()
            } during: {
            }
        }
    }

    /// HTTP/1.1 keeps a connection unless the client sends `close`. HTTP/1.0 closes it unless the client sends
    /// `keep-alive`.
    @Test(arguments: [
        (HTTPVersion.http1_1, nil, false), (.http1_1, "Close", true), (.http1_1, "te, close", true),
        (.http1_0, nil, true), (.http1_0, "keep-alive", false),
    ])
    func aRequestThatEndsItsConnectionHasTheHeaderClose(version: HTTPVersion, connection: String?, ends: Bool) throws {
        let channel = EmbeddedChannel(handler: KeepAliveFilter())
        var head = HTTPRequestHead(version: version, method: .POST, uri: "/rpc")
        if let connection { head.headers.add(name: "connection", value: connection) }
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        guard case .head(let read)? = try channel.readInbound(as: HTTPServerRequestPart.self) else {
            Issue.record("no head came")
            return
        }
        #expect((read.headers.first(name: "connection") == "close") == ends)
        _ = try channel.finish()
    }
}
