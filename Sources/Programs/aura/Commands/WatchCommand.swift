import ArgumentParser
import AuraAPI
import AuraModel

/// `aura watch`
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow an instance, a job or everything, live.",
        discussion: """
            A job is followed from its start to its end. An instance, or everything, is followed from now until ^C; \
            --until terminal ends the watch once no job is left to follow. The exit code is 1 if the last job of a \
            watched instance failed or was cancelled. With --json it prints one event per line.
            """)

    @Argument(
        help: ArgumentHelp("The instance's name or id.", valueName: "name-or-id"),
        completion: .custom { arguments, _, prefix in
            await InstanceNames.matching(prefix, arguments: arguments)
        })
    var instance: String?

    @Option(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: JobID?

    @Flag(help: "Follow everything.")
    var all = false

    @Option(help: ArgumentHelp("The instance's tenant; with --all: only events of this tenant.", valueName: "tenant"))
    var tenant: TenantID?

    @Option(
        help: ArgumentHelp(
            "The start: now, start, or the seq of the last event that was seen.", valueName: "place"),
        completion: .list(["now", "start"]), transform: WatchBounds.start)
    var from: SubscriptionStart?

    @Option(
        help: ArgumentHelp(
            "The epoch of the seq, as the daemon reported it; it is refused if the database was restored.",
            valueName: "epoch"))
    var epoch: String?

    @Option(
        help: ArgumentHelp("The end condition: terminal.", valueName: "end"),
        completion: .list(SubscriptionEnd.allCases.map(\.rawValue)))
    var until: String?

    @OptionGroup var reconnecting: ReconnectOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard [instance != nil, job != nil, all].filter({ $0 }).count == 1 else {
            throw ValidationError("cannot tell what to watch: give a name or id, --job ID or --all")
        }
        if epoch != nil {
            guard case .after = from else {
                throw ValidationError("cannot use --epoch without a seq: give --from SEQ too")
            }
        }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let daemon = try await invocation.connect()
            try await Watching(invocation: invocation, watch: watch, purpose: "call it a success").run(on: daemon)
        }
    }

    private var watch: Watch {
        if let job {
            return Watch(
                subject: .job(job), start: from ?? .start, epoch: epoch, end: .terminal,
                reconnectSeconds: reconnecting.seconds)
        }
        let subject = instance.map { WatchSubject.instance($0, tenant: tenant) } ?? .all(tenant: tenant)
        return Watch(
            subject: subject, start: from ?? .now, epoch: epoch, end: until.map { Open(rawValue: $0) },
            reconnectSeconds: reconnecting.seconds)
    }
}
