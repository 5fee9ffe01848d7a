import ArgumentParser
import AuraModel
import Foundation
import JSON
import Jobs
import Locking
import Logging
import ServiceLifecycle
import Storage
import StoragePostgres
import UnixSignals

/// A daemon with only the engine, whose one operation exists in several versions. It is for tests of a rolling upgrade
/// with real processes on a real PostgreSQL. It ends on SIGTERM.
@main
struct UpgradeDaemon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "upgrade-daemon")

    @Option(help: "The database's URL.")
    var database: String

    @Option(help: "Which program it is: old, inserts, removes or renames.")
    var program: Program

    @Option(help: "A file to which each step appends a line: job, version, step, program.")
    var diary: String

    @Option(help: "Jobs that it accepts before it works.")
    var jobs = 0

    @Option(help: "While this file exists, each of its jobs waits at one of the steps a, b, c and d.")
    var hold: String?

    func run() async throws {
        let logger = Logger(label: "upgrade-daemon")
        let (time, random) = (SystemTime(), SystemRandom())
        let store = try await PostgresStore.open(
            PostgresSettings(url: database), kinds: InstanceKinds([Program.kind]), installation: "upgrade",
            clock: .database, logger: logger)
        let catalogue = program.catalogue(diary: try Diary(path: diary, program: program, hold: hold))
        // Leases are short, so that the jobs of a killed daemon are soon taken over.
        let settings = EngineSettings(
            owner: UUID().uuidString, workers: 16, claimBatch: 4, lease: .seconds(3), heartbeat: .seconds(1),
            longestNap: .milliseconds(200))
        let engine = JobEngine(
            store: store, catalogue: catalogue, settings: settings, time: time, random: random, logger: logger)
        store.observe { engine.note($0) }
        for number in 0..<jobs { try await submit(number, to: store, catalogue, time) }
        try FileHandle.standardOutput.write(contentsOf: Data("ready\n".utf8))
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [engine], gracefulShutdownSignals: [.sigterm], logger: logger)
        ).run()
    }

    /// Submits a job. Every third job fails at its last step and is undone.
    private func submit(
        _ number: Int, to store: any Store, _ catalogue: JobCatalogue, _ time: any TimeSource
    ) async throws {
        guard let plan = catalogue.definition(for: .provision, of: .agent)?.plan else { return }
        let (now, id) = (time.now(), UUID().uuidString.lowercased())
        let instance = Instance(
            of: Program.kind, id: InstanceID(id), tenant: Tenant.default, name: "n-\(id)", region: "here",
            size: "small",
            change: ChangeID(id), createdAt: now)
        let job = NewJob(
            id: JobID(id), kind: .provision, change: ChangeID(id), definitionVersion: plan.version,
            input: ["fails": .bool(number % 3 == 2), "holdsAt": .string(["a", "b", "c", "d"][number % 4])],
            deadline: now + .seconds(600))
        _ = try await store.submit(
            Submission(
                target: .new(instance), in: .all, job: job, idempotency: nil, now: now,
                admit: { given, _ in .accept(given) }))
    }
}

/// A program: the old one, or one of three that follow it.
enum Program: String, ExpressibleByArgument, Sendable {
    case old
    case inserts
    case removes
    case renames

    /// The kind of the instances of all programs. They have no facts.
    static let kind = InstanceKindDefinition(
        .agent,
        phases: [
            .queued: [.provisioning, .rollingBack, .failed], .provisioning: [.running, .rollingBack, .failed],
            .rollingBack: [.failed],
        ], facts: UnknownFacts.self)

    func catalogue(diary: Diary) -> JobCatalogue {
        let first = Self.provision(1, ["a", "b", "c", "d"], diary)
        guard let steps else { return JobCatalogue([first]) }
        return JobCatalogue([Self.provision(2, steps, diary)], former: [first])
    }

    private var steps: [String]? {
        switch self {
        case .old: nil
        case .inserts: ["a", "x", "b", "c", "d"]
        case .removes: ["a", "c", "d"]
        case .renames: ["a", "y", "c", "d"]
        }
    }

    private static func provision(_ version: Int, _ names: [String], _ diary: Diary) -> JobDefinition {
        JobDefinition(
            kind: .provision, of: kind, version: version, phaseOnSuccess: .running, phaseOnFailure: .failed,
            phaseWhileUndoing: .rollingBack, timeLimit: .seconds(600), steps: names.map { step($0, diary) })
    }

    private static func step(_ name: String, _ diary: Diary) -> Step {
        Step(
            name, phase: .provisioning, timeLimit: .seconds(120), weight: 1,
            perform: { context in
                try diary.write(context)
                while diary.holds(context) { try await context.time.sleep(for: .milliseconds(20)) }
                try await context.time.sleep(for: .milliseconds(20 + Int(context.random.unit() * 80)))
                if name == "c", try context.memory(Bool.self) == nil {
                    try await context.checkpoint(true)
                    return .wait(.milliseconds(100), reason: "for c")
                }
                if name == "d", context.job.input["fails"] == .bool(true) {
                    throw Failure(.permanent, code: "asked", message: "it was to fail")
                }
                return .done
            },
            undo: { context in
                try diary.write(context)
                try await context.time.sleep(for: .milliseconds(20))
                return .done
            })
    }
}

/// The steps that all processes have run, in one file.
final class Diary: Sendable {
    private let file: FileHandle
    private let program: Program
    private let hold: String?

    init(path: String, program: Program, hold: String?) throws {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ValidationError("cannot open \(path)") }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        self.program = program
        self.hold = hold
    }

    /// True while the job has to wait at this step.
    func holds(_ context: StepContext) -> Bool {
        guard let hold, context.job.input["holdsAt"] == .string(context.step.name) else { return false }
        return FileManager.default.fileExists(atPath: hold)
    }

    func write(_ context: StepContext) throws {
        let job = context.job
        try file.write(
            contentsOf: Data("\(job.id) \(job.definitionVersion) \(context.step.name) \(program.rawValue)\n".utf8))
    }
}
