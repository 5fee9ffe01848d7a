import AuraModel
import DriverKit
import Jobs
import Storage

/// `suspend`: switches the machine off and keeps its disk.
enum Suspend {
    static func admit(_ instance: Instance, _ active: [Job]) throws(StorageError) -> Admission {
        try Admissions.power(.suspend, instance, active, from: [.running, .degraded], desired: .suspended)
    }

    static func definition(_ services: MachineServices) -> JobDefinition {
        JobDefinition(
            kind: .suspend, of: Agents.kind, version: 1, phaseOnSuccess: .suspended, phaseOnFailure: .degraded,
            timeLimit: .seconds(1800), steps: [PowerSteps(services: services).off(phase: .suspending)])
    }
}

/// `resume`: starts a suspended machine and waits until its agent replies.
enum Resume {
    static func admit(_ instance: Instance, _ active: [Job]) throws(StorageError) -> Admission {
        try Admissions.power(.resume, instance, active, from: [.suspended, .degraded], desired: .running)
    }

    static func definition(_ services: MachineServices) -> JobDefinition {
        let power = PowerSteps(services: services)
        return JobDefinition(
            kind: .resume, of: Agents.kind, version: 1, phaseOnSuccess: .running, phaseOnFailure: .degraded,
            timeLimit: .seconds(1800),
            steps: [power.on(phase: .resuming), power.reach(phase: .resuming), power.answer(phase: .resuming)])
    }
}

/// `restart`: shuts the machine down and starts it again. The provider's reboot is not used, because its success does
/// not show that the machine restarted.
enum Restart {
    static func admit(_ instance: Instance, _ active: [Job]) throws(StorageError) -> Admission {
        try Admissions.power(.restart, instance, active, from: [.running, .degraded], desired: .running)
    }

    static func definition(_ services: MachineServices) -> JobDefinition {
        let power = PowerSteps(services: services)
        return JobDefinition(
            kind: .restart, of: Agents.kind, version: 1, phaseOnSuccess: .running, phaseOnFailure: .degraded,
            timeLimit: .seconds(1800),
            steps: [
                power.off(phase: .restarting), power.on(phase: .restarting), power.reach(phase: .restarting),
                power.answer(phase: .restarting),
            ])
    }
}
