import AuraModel
import Locking
import TestKit

/// A fault of one call of a daemon.
enum CallFault: Sendable, Hashable {
    /// The daemon dies before the call is sent.
    case crashBefore
    /// The daemon dies after the call has had its effect.
    case crashAfter
    /// The other side refuses the call, and it has no effect.
    case refuse(ErrorClass)
    /// The call has its effect, and its reply is lost.
    case loseAnswer
    /// The call has its effect twice, as if a proxy repeated the request.
    case repeated

    /// The text for a line of the trace.
    var text: String {
        switch self {
        case .crashBefore: "crash before"
        case .crashAfter: "crash after"
        case .refuse(let errorClass): "refuse \(errorClass.rawValue)"
        case .loseAnswer: "lose answer"
        case .repeated: "repeated"
        }
    }
}

/// The system that a call goes to.
enum CallKind: Sendable, Hashable {
    case store, cloud
}

/// Decides the fault of each call, in the order of the calls.
protocol FaultPlan: Sendable {
    func next(_ kind: CallKind, _ name: String) -> CallFault?
}

/// A plan without faults.
struct NoFaults: FaultPlan {
    func next(_ kind: CallKind, _ name: String) -> CallFault? { nil }
}

/// A plan with one fault.
final class FaultAt: FaultPlan {
    private let number: Int
    private let fault: CallFault
    private let calls = Locked(0)

    /// - Parameter number: the call that gets the fault; the calls of all daemons are counted from 1.
    init(_ number: Int, _ fault: CallFault) {
        self.number = number
        self.fault = fault
    }

    func next(_ kind: CallKind, _ name: String) -> CallFault? {
        let call = calls.withLock { calls in
            calls += 1
            return calls
        }
        return call == number ? fault : nil
    }
}

/// Random faults at rates that depend on the seed; no faults after ``stop()``.
final class SeededFaults: FaultPlan {
    /// Faults per 1,000 calls.
    private struct Rates {
        var crash: UInt64
        var refuse: UInt64
        var lose: UInt64
        var storeTrouble: UInt64
    }

    private let random: any RandomSource
    private let rates: Rates
    private let isOver = Locked(false)

    init(random: any RandomSource) {
        self.random = random
        let levels: [UInt64] = [0, 2, 10, 40]
        let level = { levels[Int(random.next() % 4)] }
        rates = Rates(crash: level() / 2, refuse: level() * 2, lose: level(), storeTrouble: level() / 2)
    }

    func stop() {
        isOver.withLock { $0 = true }
    }

    func next(_ kind: CallKind, _ name: String) -> CallFault? {
        if isOver.withLock({ $0 }) { return nil }
        let draw = random.next() % 1000
        let crash = rates.crash
        if draw < crash { return draw % 2 == 0 ? .crashBefore : .crashAfter }
        switch kind {
        case .store:
            guard draw < crash + rates.storeTrouble else { return nil }
            return draw % 2 == 0 ? .refuse(.transient) : .loseAnswer
        case .cloud:
            if draw < crash + rates.refuse { return refusal() }
            guard draw < crash + rates.refuse + rates.lose else { return nil }
            return draw % 3 == 0 ? .repeated : .loseAnswer
        }
    }

    private func refusal() -> CallFault {
        switch random.next() % 10 {
        case 0: .refuse(.permanent)
        case 1, 2: .refuse(.capacity)
        case 3, 4: .refuse(.ambiguous)
        default: .refuse(.transient)
        }
    }
}
