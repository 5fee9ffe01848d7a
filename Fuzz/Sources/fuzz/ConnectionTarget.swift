@testable import JSONRPC

/// Fuzzes a whole connection: input and output in pieces, in an order that the input chooses. Each request must get
/// its reply.
enum ConnectionTarget {
    private static let probe = Array("\n{\"jsonrpc\":\"2.0\",\"id\":\"probe\",\"method\":\"ping\"}\n".utf8)

    static func run(_ bytes: [UInt8]) {
        JobQueue.install()
        let plan = Plan(bytes)
        // A call after the stream must still get its reply, whatever the stream contains.
        let stream = Array(plan.stream) + probe
        let expected = ExpectedReplies(to: stream, TestDaemon.limits)
        let wire = Wire(TestDaemon.router, TestDaemon.limits)
        play(stream, plan.controls, on: wire)
        wire.finish()
        let replies = Replies(wire.received, saysLengths: expected.saysLengths)
        expected.check(replies, "for \(plan)")
    }

    private static func play(_ stream: [UInt8], _ controls: ArraySlice<UInt8>, on wire: Wire) {
        var rest = stream[...]
        // Controls that send nothing would loop forever.
        let steps = controls.contains { $0 & 7 < 4 } ? controls : [3]
        while !rest.isEmpty {
            for step in steps { apply(step, &rest, wire) }
        }
    }

    private static func apply(_ step: UInt8, _ rest: inout ArraySlice<UInt8>, _ wire: Wire) {
        let amount = Int(step >> 3)
        switch step & 7 {
        case 0...2: send(amount + 1, &rest, wire)
        case 3: send((amount + 1) * 256, &rest, wire)
        case 4: wire.read()
        case 5: JobQueue.runOne(amount)
        case 6: wire.parkedTimedOut()
        default: JobQueue.runAll()
        }
    }

    private static func send(_ count: Int, _ rest: inout ArraySlice<UInt8>, _ wire: Wire) {
        guard !rest.isEmpty else { return }
        wire.send(rest.prefix(count))
        rest = rest.dropFirst(count)
    }
}
