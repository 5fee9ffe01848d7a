import JSON
import JSONRPC
import Testing

@testable import RPCTransport

@Suite struct ConnectionRegistryTests {
    private static func admits(_ registry: ConnectionRegistry, _ peer: Peer) -> UInt64? {
        switch registry.admit(peer) {
        case .admitted(let id): id
        case .refused: nil
        }
    }

    /// A process that leaks connections locks out only itself: four other processes of the owner get a connection
    /// beyond the limits.
    @Test(arguments: [RPCLimits(connectionsPerUser: 2), RPCLimits(connections: 2)])
    func otherProcessesOfTheOwnerAreAdmittedBeyondTheLimits(_ limits: RPCLimits) throws {
        for owner in [UInt32(0), 107] {
            let registry = ConnectionRegistry(limits: limits, owner: 107)
            let leaking = Peer.unix(UnixPeer(uid: owner, gid: 0, pid: 1))
            #expect(Self.admits(registry, leaking) != nil)
            #expect(Self.admits(registry, leaking) != nil)
            #expect(Self.admits(registry, leaking) == nil)
            let others = (2...5).map { Self.admits(registry, .unix(UnixPeer(uid: owner, gid: 0, pid: $0))) }
            #expect(!others.contains(nil))
            #expect(Self.admits(registry, .unix(UnixPeer(uid: owner, gid: 0, pid: 6))) == nil)
            registry.remove(try #require(others[0]))
            #expect(Self.admits(registry, .unix(UnixPeer(uid: owner, gid: 0, pid: 3))) == nil)
            #expect(Self.admits(registry, .unix(UnixPeer(uid: owner, gid: 0, pid: 6))) != nil)
        }
    }

    @Test func connectionsWithoutAProofAreCountedUntilTheyShowOneOrEnd() throws {
        let registry = ConnectionRegistry(limits: RPCLimits(unprovenConnections: 2), owner: 107)
        let ids = try (1...3).map { try #require(Self.admits(registry, .tcp(address: "127.0.0.1", port: $0))) }
        #expect(registry.countUnproven(ids[0]) == nil)
        #expect(registry.countUnproven(ids[1]) == nil)
        #expect(registry.countUnproven(ids[2])?.code == .tooManyConnections)
        registry.remove(ids[2])
        registry.noteProof(of: ids[0])
        registry.noteProof(of: ids[0])
        #expect(registry.unproven == 1)
        registry.remove(ids[1])
        registry.remove(ids[1])
        #expect(registry.unproven == 0)
        // A connection that has ended already is not counted.
        #expect(registry.countUnproven(ids[1]) == nil)
        #expect(registry.unproven == 0)
    }

    /// A proxy on this machine may have all places.
    @Test func oneNetworkHasHalfOfThePlacesOfConnectionsWithoutAProof() throws {
        let registry = ConnectionRegistry(limits: RPCLimits(unprovenConnections: 6), owner: 107)
        var ids: [UInt64] = []
        func count(_ address: String) throws -> RPCError? {
            ids.append(try #require(Self.admits(registry, .tcp(address: address, port: 1))))
            return registry.countUnproven(try #require(ids.last))
        }
        for _ in 1...2 { #expect(try count("2001:db8:1:2::1") == nil) }
        #expect(try count("2001:db8:1:2::2") == nil)
        let refusal = try #require(try count("2001:db8:1:2::3"))
        #expect(refusal.code == .tooManyConnectionsOfUser && refusal.data["limit"] == 3)
        #expect(try count("2001:db8:1:3::1") == nil)
        registry.noteProof(of: ids[0])
        #expect(try count("2001:db8:1:2::3") == nil)
        registry.remove(ids[1])
        #expect(try count("2001:db8:1:2::3") == nil)
        #expect(try count("2001:db8:1:2::3")?.code == .tooManyConnectionsOfUser)
        for id in ids { registry.remove(id) }
        for address in ["127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1", "::1", "::1"] {
            #expect(try count(address) == nil)
        }
        #expect(try count("::1")?.code == .tooManyConnections)
        let places: [(String, Bool)] = [("127.9.9.9", true), ("::1", true), ("128.0.0.1", false), ("::2", false)]
        for (address, isLoopback) in places {
            #expect(Peer.tcp(address: address, port: 1).isLoopback == isLoopback)
        }
    }

    @Test func otherPeersAreRefusedBeyondTheLimits() {
        let limits = RPCLimits(connectionsPerUser: 1, connectionsPerAddress: 1)
        let registry = ConnectionRegistry(limits: limits, owner: 107)
        #expect(Self.admits(registry, .unix(UnixPeer(uid: 1000, gid: 0, pid: 1))) != nil)
        #expect(Self.admits(registry, .unix(UnixPeer(uid: 1000, gid: 0, pid: 2))) == nil)
        #expect(Self.admits(registry, .tcp(address: "127.0.0.1", port: 1)) != nil)
        #expect(Self.admits(registry, .tcp(address: "127.0.0.1", port: 2)) == nil)
        #expect(Self.admits(registry, .tcp(address: "::1", port: 3)) != nil)
    }

    /// A client mostly has all addresses of an IPv6 network of 64 bits.
    @Test func anIPv6NetworkCountsAsOneAddress() throws {
        let limits = RPCLimits(connectionsPerUser: 1, connectionsPerAddress: 1)
        let registry = ConnectionRegistry(limits: limits, owner: 107)
        let id = try #require(
            Self.admits(registry, .tls(address: "2001:db8:1:2::1", port: 1, certificate: nil)))
        #expect(Self.admits(registry, .tls(address: "2001:db8:1:2:ffff::7", port: 2, certificate: nil)) == nil)
        #expect(Self.admits(registry, .tls(address: "2001:db8:1:3::1", port: 3, certificate: nil)) != nil)
        registry.remove(id)
        #expect(Self.admits(registry, .tls(address: "2001:db8:1:2:ffff::7", port: 2, certificate: nil)) != nil)
        #expect(Peer.network(of: "2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64")
        #expect(Peer.network(of: "::ffff:192.0.2.7") == "192.0.2.7" && Peer.network(of: "192.0.2.7") == "192.0.2.7")
        #expect(Peer.network(of: "unknown") == "unknown")
    }
}
