import AuraModel
import Locking
import TestKit

/// Runs one operation with every fault at every call that it makes.
public enum Exhaustion {
    /// The operations that are tried.
    public enum Scenario: String, Sendable, CaseIterable {
        case provision
        /// The join is refused permanently, so everything is undone.
        case failingProvision
        case suspend
        case resume
        case restart
        case destroy
        /// Tokens, principals and tenants are changed, and a token is used.
        case identities
        /// Secrets are set, opened and deleted.
        case secrets

        /// The kind of the job; `nil` if there is none.
        var kind: JobKind? {
            switch self {
            case .provision, .failingProvision: .provision
            case .suspend: .suspend
            case .resume: .resume
            case .restart: .restart
            case .destroy: .destroy
            case .identities, .secrets: nil
            }
        }

        /// True if the operation calls the cloud.
        public var usesCloud: Bool { kind != nil }

        fileprivate var operations: [TrustClient.Operation] {
            switch self {
            case .identities:
                [.createToken, .useToken, .setPrincipal, .setTenant, .revokeToken, .useToken, .setPrincipal]
            case .secrets:
                Array(repeating: [.setSecret, .setSecret, .openSecret, .deleteSecret], count: 3).flatMap { $0 }
            case .provision, .failingProvision, .suspend, .resume, .restart, .destroy: []
            }
        }
    }

    public struct Report: Sendable {
        public var scenario: Scenario
        /// The number of calls to the database in a run without faults.
        public var storeCalls = 0
        /// The number of calls to the cloud in a run without faults.
        public var cloudCalls = 0
        /// The number of worlds that were run: one per fault and call.
        public var cases = 0
        /// The broken rules, each with its case.
        public var violations: [String] = []

        /// The required value of `cases`.
        public var expectedCases: Int {
            storeCalls * Exhaustion.storeFaults.count + cloudCalls * Exhaustion.cloudFaults.count
        }
    }

    static let storeFaults: [CallFault] = [.crashBefore, .crashAfter, .refuse(.transient), .loseAnswer]
    static let cloudFaults: [CallFault] = [
        .crashBefore, .crashAfter, .refuse(.transient), .refuse(.capacity), .refuse(.ambiguous), .refuse(.permanent),
        .loseAnswer, .repeated,
    ]

    /// Runs all cases of a scenario.
    public static func run(_ scenario: Scenario) -> Report {
        let undisturbed = CallLog()
        var report = Report(scenario: scenario)
        if let violation = live(scenario, undisturbed) { report.violations.append("undisturbed: \(violation)") }
        let kinds = undisturbed.kinds
        report.storeCalls = kinds.count { $0 == .store }
        report.cloudCalls = kinds.count { $0 == .cloud }
        for (index, kind) in kinds.enumerated() {
            for fault in kind == .store ? storeFaults : cloudFaults {
                report.cases += 1
                guard let violation = live(scenario, CallLog(fault, at: index + 1)) else { continue }
                report.violations.append(
                    "\(fault.text) at call \(index + 1) (\(undisturbed.names[index])): \(violation)")
            }
        }
        return report
    }

    /// Runs one world: prepares the instance, then runs the operation with the faults armed. Returns the first
    /// violation.
    private static func live(_ scenario: Scenario, _ log: CallLog) -> String? {
        let options = WorldOptions(seed: 1, daemons: 1, reconciles: false, keepsClocks: false)
        let world = World(options, faults: { _ in log }, absence: 1000...1000)
        world.startDaemons()
        let client = Client(world: world)
        for (number, kind) in preparation(scenario).enumerated() {
            client.ask(kind)
            Simulation.settle(world)
            if world.disk.jobs.count != number + 1 { return "the preparation did not end" }
        }
        if scenario == .failingProvision { log.refuseAlways("join") }
        let trust = TrustClient(world: world)
        log.arm()
        if let kind = scenario.kind { client.ask(kind) }
        trust.begin(scenario.operations)
        Simulation.settle(world)
        log.disarm()
        let ended = trust.counts.ended
        if world.violation == nil, ended != scenario.operations.count {
            return "\(ended) of \(scenario.operations.count) operations ended"
        }
        return world.violation ?? wrongEnd(scenario, log, world)
    }

    private static func preparation(_ scenario: Scenario) -> [JobKind] {
        switch scenario {
        case .provision, .failingProvision, .identities, .secrets: []
        case .suspend, .restart, .destroy: [.provision]
        case .resume: [.provision, .suspend]
        }
    }

    /// Returns a message if the operation did not succeed although it had to. Only a permanent refusal may make an
    /// operation fail, and nothing may make a destroy fail.
    private static func wrongEnd(_ scenario: Scenario, _ log: CallLog, _ world: World) -> String? {
        guard let kind = scenario.kind, let job = world.disk.jobs.last(where: { $0.kind == kind }) else { return nil }
        let mayFail = scenario == .failingProvision || (log.fault == .refuse(.permanent) && scenario != .destroy)
        if mayFail || job.state == .succeeded { return nil }
        return "the \(scenario.rawValue) \(job.state.rawValue): \(job.failure?.message ?? "")"
    }
}

/// Counts the calls while it is armed, and applies its fault at one of them.
private final class CallLog: FaultPlan {
    private struct State {
        var isArmed = false
        var kinds: [CallKind] = []
        var names: [String] = []
        var refused: String?
    }

    let fault: CallFault?
    private let number: Int
    private let state = Locked(State())

    init(_ fault: CallFault? = nil, at number: Int = 0) {
        self.fault = fault
        self.number = number
    }

    var kinds: [CallKind] { state.withLock { $0.kinds } }
    var names: [String] { state.withLock { $0.names } }

    func arm() {
        state.withLock { $0.isArmed = true }
    }

    func disarm() {
        state.withLock { $0.isArmed = false }
    }

    func refuseAlways(_ name: String) {
        state.withLock { $0.refused = name }
    }

    func next(_ kind: CallKind, _ name: String) -> CallFault? {
        state.withLock { state in
            // Reads of the database are skipped: polling for work is not part of the operation and is the same at any
            // time.
            guard state.isArmed, name != "read" || kind == .cloud else { return nil }
            state.kinds.append(kind)
            state.names.append(name)
            if state.kinds.count == number { return fault }
            return name == state.refused ? .refuse(.permanent) : nil
        }
    }
}
