import AuraModel
import Locking
import TestKit

/// What may befall one call of a daemon.
enum CallFault: Sendable, Hashable {
    /// The daemon dies before the call has left it.
    case crashBefore
    /// The daemon dies once the call has had its effect.
    case crashAfter
    /// The other side refuses, and nothing happens.
    case refuse(ErrorClass)
    /// It happens, and the daemon never hears of it.
    case loseAnswer
    /// It happens twice, as when something on the way repeats a request.
    case repeated

    /// For a line of the trace.
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

/// Which side a call goes to.
enum CallKind: Sendable, Hashable {
    case store, cloud
}

/// Decides what befalls each call, in the order in which they are made.
protocol FaultPlan: Sendable {
    func next(_ kind: CallKind, _ name: String) -> CallFault?
}

/// No faults.
struct NoFaults: FaultPlan {
    func next(_ kind: CallKind, _ name: String) -> CallFault? { nil }
}

/// One fault, at the call of this number.
final class FaultAt: FaultPlan {
    private let number: Int
    private let fault: CallFault
    private let calls = Locked(0)

    /// - Parameter number: counts the calls of all daemons from 1.
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

/// Faults by the seed, at rates that differ from seed to seed; none once they are over.
final class SeededFaults: FaultPlan {
    /// Of a thousand calls.
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
