import FoundationEssentials
import Logging

/// Removes containers, networks and files of sandbox runs: of dead processes at the start, and of this run at its end.
struct Reaper: Sendable {
    let podman: Podman
    let logger: Logger

    /// The directory that contains the seed directories of all runs.
    static let root = "/run/aura-sandbox"

    /// Removes containers, networks and seeds of runs that no longer have a process.
    func reapDead() async throws {
        let containers = try await containers(filter: RunName.label)
        for (name, run) in containers where !RunName.isAlive(run) {
            logger.info("removing a dead run's container", metadata: ["container": "\(name)"])
            try await remove(name)
        }
        for run in try await networks() where !RunName.isAlive(run) {
            try await podman.run(["network", "rm", "--force", run])
        }
        for run in (try? FileManager.default.contentsOfDirectory(atPath: Self.root)) ?? [] where !RunName.isAlive(run) {
            try? FileManager.default.removeItem(atPath: "\(Self.root)/\(run)")
        }
    }

    /// Removes everything of one run. Makes up to three attempts and throws the last failure.
    func removeAll(of run: RunName) async throws {
        var failure: (any Error)?
        let filter = "\(RunName.label)=\(run.text)"
        for attempt in 1...3 {
            failure = nil
            do {
                for (name, _) in try await containers(filter: filter) { try await remove(name) }
                if try await networks().contains(run.text) {
                    try await podman.run(["network", "rm", "--force", run.text])
                }
                break
            } catch {
                logger.warning("cannot clean up", metadata: ["attempt": "\(attempt)", "error": "\(error)"])
                failure = error
            }
        }
        Seed(directory: "\(Self.root)/\(run.text)").removeAll()
        if let failure { throw failure }
    }

    private func remove(_ container: String) async throws {
        try await podman.run(["rm", "--force", "--time", "0", "--ignore", "--volumes", container])
    }

    private func containers(filter: String) async throws -> [(name: String, run: String)] {
        let format = "{{.Names}} {{index .Labels \"\(RunName.label)\"}}"
        let output = try await podman.run(["ps", "--all", "--filter", "label=\(filter)", "--format", format])
        return output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 2 ? (String(words[0]), String(words[1])) : nil
        }
    }

    /// Returns the networks. The name of a network is the name of its run.
    private func networks() async throws -> [String] {
        let output = try await podman.run([
            "network", "ls", "--filter", "label=\(RunName.label)", "--format", "{{.Name}}",
        ])
        return output.split(separator: "\n").map(String.init)
    }
}
