import ArgumentParser
import AuraModel

/// The options of every command that changes something.
struct OperationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Whose instance it is.", valueName: "tenant"))
    var tenant: String?

    @Option(
        help: ArgumentHelp(
            "The same key with the same parameters is the same job, however often it is called.", valueName: "key"))
    var idempotencyKey: String?

    @Option(help: ArgumentHelp("What causes this: it travels into jobs, events, labels and logs.", valueName: "id"))
    var change: String?

    @Flag(help: "Follow the job to its end; ^C detaches, and the job goes on.")
    var watch = false

    @OptionGroup var reconnecting: ReconnectOptions
}

/// How patient a watch is with a daemon that went away.
struct ReconnectOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long a watch tries to reach a daemon that went away, 60 where none is given.", valueName: "seconds"))
    var reconnect: Double?

    var seconds: Double { reconnect ?? 60 }

    func validate() throws {
        guard (0...86_400).contains(seconds) else {
            throw ValidationError("cannot try for \(seconds) seconds: give --reconnect 0 to 86400")
        }
    }
}

/// Which jobs `aura job list` shows.
struct JobQueryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only jobs of this instance, ended ones too.", valueName: "name-or-id"),
        completion: .custom { arguments, _, prefix in
            await InstanceNames.matching(prefix, arguments: arguments)
        })
    var instance: String?

    @Option(help: ArgumentHelp("Only jobs of this tenant.", valueName: "tenant"))
    var tenant: String?

    @Option(help: ArgumentHelp("Only jobs of this change, ended ones too.", valueName: "id"))
    var change: String?

    @Option(
        name: .customLong("state"),
        help: ArgumentHelp("Only jobs in this state; may be given several times.", valueName: "state"),
        completion: .list(JobState.allCases.map(\.rawValue)))
    var givenStates: [String] = []

    @Flag(help: "Ended jobs too.")
    var all = false

    @Flag(help: "The newest first.")
    var newest = false

    /// Without a wish, what is not over yet: of all that ever ran, that is what one looks for.
    var states: [String] {
        guard givenStates.isEmpty, !all, instance == nil, change == nil else { return givenStates }
        return JobState.allCases.filter { !$0.isTerminal }.map(\.rawValue)
    }
}
