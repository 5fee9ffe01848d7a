import ArgumentParser
import AuraModel
import Foundation
import Logging
import Storage
import StoragePostgres
import StorageSQLite

/// Runs five-step jobs with empty steps through the real engine on a real database. Every commit is durable.
@main struct BenchJobs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-jobs", abstract: "Measure the job engine: throughput, latency, claims over many rows.")

    @Option(help: "Where the database is: the path of a file, or postgres://…; empty.")
    var database: String

    @Option(help: "Jobs to work off for the throughput.")
    var jobs = 20_000

    @Option(help: "Jobs that run at once.")
    var workers = 256

    @Option(help: "Single provisions for the latency, one after the other on an idle daemon.")
    var single = 300

    @Option(help: "Engines that share the database, each with a store of its own; more than one on PostgreSQL only.")
    var daemons = 1

    @Option(help: "The number of the first job, for a database that has some.")
    var from = 1

    @Flag(help: "Write an entry of the audit with each submission, and verify the audit at the end.")
    var audited = false

    func run() async throws {
        let bench = try await Bench(stores: stores(), workers: workers, isAudited: audited)
        try await bench.running {
            print(try await bench.latency(single, from: from))
            print(try await bench.throughput(jobs, from: from + single))
            if audited { print(try await bench.verification()) }
            print(Self.memory())
        }
    }

    /// Returns the resident memory of this process, now and at most, according to the kernel.
    private static func memory() -> String {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let figures = ["VmRSS", "VmHWM"].map { name in
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
            return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
        }
        return "memory: \(figures[0]) MiB at the end, \(figures[1]) MiB at most"
    }

    private func stores() async throws -> [any Store] {
        var stores: [any Store] = []
        for _ in 0..<max(daemons, 1) { stores.append(try await open()) }
        return stores
    }

    private func open() async throws -> any Store {
        let kinds = InstanceKinds([Bench.kind])
        guard database.hasPrefix("postgres") else {
            return try SQLiteStore(path: database, kinds: kinds, installation: "bench")
        }
        return try await PostgresStore.open(
            PostgresSettings(url: database), kinds: kinds, installation: "bench", logger: Logger(label: "bench"))
    }
}
