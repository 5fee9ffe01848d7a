import ArgumentParser
import AuraModel
import Logging
import Storage
import StoragePostgres
import StorageSQLite

/// Five-step jobs whose steps do nothing, through the real engine on a real database with every commit on the disk.
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

    @Option(help: "Ended jobs that the database holds when the second throughput is measured; 0 leaves that out.")
    var rows = 0

    func run() async throws {
        let bench = try await Bench(store: open(), workers: workers)
        try await bench.running {
            print(try await bench.latency(single))
            print(try await bench.throughput(jobs, from: 1_000_000))
            guard rows > 0 else { return }
            print(try await bench.throughput(rows, from: 10_000_000, label: "filling the table"))
            print(try await bench.throughput(jobs, from: 100_000_000, label: "with \(rows) ended jobs in the table"))
            print(try await bench.latency(single, from: 200_000_000))
        }
    }

    private func open() async throws -> any Store {
        guard database.hasPrefix("postgres") else { return try SQLiteStore(path: database, installation: "bench") }
        return try await PostgresStore.open(
            PostgresSettings(url: database), installation: "bench", logger: Logger(label: "bench"))
    }
}
