import ArgumentParser
import AuraAPI
import AuraModel

/// The options of every command that changes something.
struct OperationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The instance's tenant.", valueName: "tenant"))
    var tenant: TenantID?

    @Option(
        help: ArgumentHelp(
            "A repeated call with the same key and parameters returns the same job.", valueName: "key"))
    var idempotencyKey: String?

    @Option(
        help: ArgumentHelp(
            "The id of the change that causes this; it is copied to jobs, events, labels and logs.", valueName: "id"))
    var change: ChangeID?

    @Flag(help: "Follow the job to its end; ^C detaches, and the job continues.")
    var watch = false

    @OptionGroup var reconnecting: ReconnectOptions
}

/// The retry budget of a watch after it lost the daemon.
struct ReconnectOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long a watch tries to reconnect to a daemon that went away; 60 if not given.", valueName: "seconds"))
    var reconnect: Double?

    var seconds: Double { reconnect ?? 60 }

    func validate() throws {
        guard (0...86_400).contains(seconds) else {
            throw ValidationError("cannot try for \(seconds) seconds: give --reconnect 0 to 86400")
        }
    }
}

/// The filter of `aura job list`.
struct JobQueryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only jobs of this instance, including ended ones.", valueName: "name-or-id"),
        completion: .custom { arguments, _, prefix in
            await InstanceNames.matching(prefix, arguments: arguments)
        })
    var instance: String?

    @Option(help: ArgumentHelp("Only jobs of this tenant.", valueName: "tenant"))
    var tenant: TenantID?

    @Option(help: ArgumentHelp("Only jobs of this change, including ended ones.", valueName: "id"))
    var change: ChangeID?

    @Option(
        name: .customLong("state"),
        help: ArgumentHelp("Only jobs in this state; may be given several times.", valueName: "state"),
        completion: .list(JobState.allCases.map(\.rawValue)))
    var givenStates: [String] = []

    @Flag(help: "Include ended jobs.")
    var all = false

    @Flag(help: "List the newest first.")
    var newest = false

    /// The states to list; empty for all. Only jobs that have not ended are listed if no state, `--all`, instance or
    /// change is given.
    var states: [Open<JobState>] {
        guard givenStates.isEmpty, !all, instance == nil, change == nil else {
            return givenStates.map { Open(rawValue: $0) }
        }
        return JobState.allCases.filter { !$0.isTerminal }.map { Open($0) }
    }
}
