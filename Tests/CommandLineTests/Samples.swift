import AuraAPI
import AuraModel

@testable import aura

/// Sample replies of the daemon, for tests of the parts without IO.
enum Samples {
    /// 2026-11-20, 12:00:00 UTC.
    static let start = Timestamp(milliseconds: 1_795_176_000_000)

    static func at(_ seconds: Double) -> Timestamp {
        start + .milliseconds(Int64(seconds * 1000))
    }

    /// A step of the plan; `seconds` is its usual duration.
    static func step(_ name: String, _ phase: String, seconds: Double, state: Open<StepState> = .pending) -> StepView {
        StepView(
            name: name, state: state, phase: Open(rawValue: phase), expectedSeconds: seconds, attempt: 0)
    }

    static func job(
        kind: String = "provision", state: Open<JobState> = .queued, steps: [StepView]? = plan
    ) -> JobView {
        JobView(
            id: JobID("j1"), kind: Open(rawValue: kind), instance: InstanceID("i1"), tenant: Tenant.default,
            change: ChangeID("c1"), state: state, attempt: 0, createdAt: start, deadline: at(3600), steps: steps)
    }

    static let plan = [
        step("key.create", "provisioning", seconds: 1), step("server.create", "provisioning", seconds: 19),
        step("machine.configure", "configuring", seconds: 60), step("agent.health", "networking", seconds: 20),
    ]

    static func event(
        _ type: String, step: String? = nil, phase: String? = nil, progress: Double? = nil, message: String = "",
        second: Double = 0, seq: Int64 = 1, instance: String = "i1", job: String = "j1"
    ) -> EventView {
        EventView(
            seq: seq, at: at(second), type: Open(rawValue: type), tenant: Tenant.default,
            instance: InstanceID(instance), job: JobID(job), phase: phase.map { Open(rawValue: $0) }, step: step,
            progress: progress, message: message)
    }

    /// The state of a watched provision after these events.
    static func progress(_ events: EventView...) -> ProgressState {
        var state = ProgressState(job: job(), title: "provision ada", isReplayed: true)
        for event in events { state.apply(event) }
        return state
    }

    static func canvas(columns: Int = 79, rows: Int = 23, second: Double = 60, style: Style = .plain) -> Canvas {
        Canvas(columns: columns, rows: rows, style: style, now: at(second), tick: 0)
    }
}
