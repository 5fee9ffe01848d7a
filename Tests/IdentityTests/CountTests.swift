import AuraModel
import JSONRPC
import Testing

@testable import Identity

/// Rates of calls, and counts of wrong tokens.
@Suite struct CountTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    @Test func aRateAllowsItsCallsAndThenOneAtATime() throws {
        let rate = CallRate(limit: 6, now: start)
        for _ in 1...6 { #expect(rate.take(at: start) == nil) }
        let wait = try #require(rate.take(at: start))
        #expect((10_000...10_001).contains(wait))
        #expect(rate.take(at: start + .milliseconds(Int64(wait))) == nil)
        #expect(rate.take(at: start + .milliseconds(Int64(wait))) != nil)
    }

    @Test func aRateNeverHoldsMoreThanItsLimit() {
        let rate = CallRate(limit: 2, now: start)
        let later = start + .seconds(86_400)
        #expect(rate.take(at: later) == nil)
        #expect(rate.take(at: later) == nil)
        #expect(rate.take(at: later) != nil)
    }

    @Test func aBurstIsSmallerThanTheLimit() {
        let rate = CallRate(limit: 600, burst: 120, now: start)
        for _ in 1...120 { #expect(rate.take(at: start) == nil) }
        #expect(rate.take(at: start) != nil)
        var taken = 0
        for tenth in 1...600 where rate.take(at: start + .milliseconds(100 * Int64(tenth))) == nil { taken += 1 }
        #expect(taken == 600)
        #expect(rate.isFull(at: start + .seconds(73)) && !rate.isFull(at: start + .seconds(61)))
    }

    /// Calls that were taken count under the new limit too.
    @Test func aNewLimitHoldsAtOnce() {
        let rate = CallRate(limit: 10, now: start)
        for _ in 1...8 { #expect(rate.take(at: start) == nil) }
        rate.set(limit: 9, burst: 9, at: start)
        #expect(rate.take(at: start) == nil)
        #expect(rate.take(at: start) != nil)
        rate.set(limit: 0, burst: 0, at: start)
        #expect(rate.take(at: start + .seconds(3600)) == 60_000)
        rate.set(limit: 20, burst: 20, at: start + .seconds(3600))
        #expect(rate.take(at: start + .seconds(3600)) == nil)
        #expect(rate.limit == 20)
    }

    @Test func aClockThatGoesBackGivesNoCalls() {
        let rate = CallRate(limit: 1, now: start)
        #expect(rate.take(at: start) == nil)
        #expect(rate.take(at: start + .seconds(-3600)) != nil)
        #expect(rate.take(at: start + .seconds(1)) != nil)
    }

    @Test func tenFailuresInAMinuteAreFree() {
        let counts = FailureCounts()
        let peer = Peer.tcp(address: "192.0.2.7", port: 1)
        for count in 1...10 { #expect(counts.fail(peer, at: start) == .init(wait: nil, recent: count)) }
        let waits = (1...7).map { _ in counts.fail(peer, at: start).wait }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        // Another port is the same peer, another address is not.
        #expect(counts.fail(.tcp(address: "192.0.2.7", port: 2), at: start).wait != nil)
        #expect(counts.fail(.tcp(address: "192.0.2.8", port: 1), at: start).wait == nil)
        #expect(counts.fail(peer, at: start + .seconds(61)) == .init(wait: nil, recent: 1))
    }

    @Test func addressesOfOneIPv6NetworkAreOnePeer() {
        let counts = FailureCounts()
        for host in 1...10 { _ = counts.fail(.tcp(address: "2001:db8::\(host)", port: 1), at: start) }
        #expect(counts.fail(.tcp(address: "2001:db8::ff", port: 1), at: start).wait != nil)
        #expect(counts.fail(.tcp(address: "2001:db8:0:1::1", port: 1), at: start).wait == nil)
    }

    @Test func peersAreForgottenBeforeTheyFillTheMemory() {
        let counts = FailureCounts()
        for number in 0..<(FailureCounts.peerLimit * 2) {
            _ = counts.fail(.unix(UnixPeer(uid: UInt32(number), gid: 0, pid: 1)), at: start)
        }
        #expect(counts.peers <= FailureCounts.peerLimit)
        let last = UInt32(FailureCounts.peerLimit * 2 - 1)
        #expect(counts.fail(.unix(UnixPeer(uid: last, gid: 0, pid: 1)), at: start).recent >= 1)
    }
}
