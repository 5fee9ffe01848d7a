import JSONRPC
import Testing

@testable import Gateway

@Suite struct URLTokenTests {
    /// Finds the text `planted`.
    private struct Finder: Authenticator {
        let methodsBeforeProof: Set<String> = []

        func principal(of peer: Peer) -> Principal { Principal(id: "x", proof: .anonymous, rights: .none) }
        func didOpen(_ session: Session) {}
        func authenticate(_ session: Session, token: String) throws(RPCError) {}
        func refusesToken(in text: String, at place: String, from peer: Peer) -> Bool {
            place == "URL" && peer == .unknown && text.contains("planted~a=b")
        }
    }

    @Test(arguments: [
        ("/rpc?token=planted~a=b", true), ("/planted%7Ea%3Db/x", true), ("/rpc?%70lanted%7ea%3d%62", true),
        ("/rpc", false), ("/rpc?planted%7Ea%3", false), ("/%", false), ("/%zzplanted%~a=b", false),
    ])
    func aTokenInTheURLIsFound(_ target: String, _ isFound: Bool) {
        #expect(URLTokens(authenticator: Finder(), peer: .unknown).isIn(target) == isFound)
        #expect(!URLTokens(authenticator: nil, peer: .unknown).isIn(target))
    }
}
