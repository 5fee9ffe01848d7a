import FoundationEssentials
import Glibc
import Logging
import Subprocess

/// The prerequisites of real machines: the image, the network and the agent's archive.
struct HostEnvironment: Sendable {
    let run: RunName
    let image: String
    let bridge: Bridge
    let config: ConfigFile.Hosts
    private let podman: Podman
    private let reaper: Reaper

    /// Removes the remains of dead runs, builds the image and the archive unless they are given, and creates the
    /// network of this run.
    static func prepare(_ command: AuraSandbox, directory: String, _ logger: Logger) async throws -> HostEnvironment {
        guard geteuid() == 0 else { throw SandboxError("cannot use --hosts podman without root: run it with sudo") }
        let podman = Podman(logger: logger)
        do {
            try await podman.run(["--version"])
        } catch {
            throw SandboxError("cannot use podman (\(error)): install the packages podman and runc")
        }
        let reaper = Reaper(podman: podman, logger: logger)
        try await reaper.reapDead()
        let image = try await image(command, podman, logger)
        let archive = try await archive(command, directory)
        let run = try RunName.current()
        let bridge = try await Bridge.make(run, podman)
        return HostEnvironment(
            run: run, image: image, bridge: bridge,
            config: ConfigFile.Hosts(
                gateway: bridge.gateway, agentArchive: archive, agentVersion: try version(of: archive),
                repository: repository(command.repo)),
            podman: podman, reaper: reaper)
    }

    /// Returns the component that executes commands for these machines.
    func machines(_ logger: Logger) -> Machines {
        let seed = Seed(directory: "\(Reaper.root)/\(run.text)")
        return Machines(run: run, image: image, bridge: bridge, seed: seed, podman: podman, logger: logger)
    }

    /// Removes everything of this run.
    func clear() async throws { try await reaper.removeAll(of: run) }

    /// Returns the checkout's absolute path, or `nil` if the playbooks are not there.
    private static func repository(_ path: String) -> String? {
        let clean = URL(filePath: Sandbox.absolute(path)).standardized.path
        return FileManager.default.isReadableFile(atPath: "\(clean)/ansible/playbooks/configure.yml") ? clean : nil
    }

    private static func image(_ command: AuraSandbox, _ podman: Podman, _ logger: Logger) async throws -> String {
        guard let image = command.hostImage else {
            logger.info("building the host image where it is missing")
            return try await build("\(command.repo)/sandbox/hosts/build.sh", [], instead: "--host-image")
        }
        do {
            try await podman.run(["image", "exists", image])
        } catch {
            throw SandboxError("cannot find the image \(image): build it, or leave --host-image out")
        }
        return image
    }

    private static func archive(_ command: AuraSandbox, _ directory: String) async throws -> String {
        guard let archive = command.agentArchive else {
            let script = "\(command.repo)/sandbox/agent/build.sh"
            return try await build(script, ["\(directory)/agent"], instead: "--agent-archive")
        }
        let path = Sandbox.absolute(archive)
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw SandboxError("cannot read the agent's archive \(path)")
        }
        return path
    }

    /// Runs a build script of the repository. The last line of its output is the result.
    private static func build(_ script: String, _ arguments: [String], instead option: String) async throws -> String {
        guard FileManager.default.isReadableFile(atPath: script) else {
            throw SandboxError("cannot find \(script): name the checkout with --repo, or give \(option)")
        }
        let output = try await Podman.run(.name("sh"), [script] + arguments, timeoutSeconds: 1_800)
        guard let line = output.split(separator: "\n").last else {
            throw SandboxError("cannot use \(script): it printed nothing")
        }
        return String(line)
    }

    /// Returns the version in the name of an archive: `2026.8.1` of `…/openclaw-2026.8.1.tgz`.
    private static func version(of archive: String) throws -> String {
        let name = archive.split(separator: "/").last ?? ""
        guard name.hasPrefix("openclaw-"), name.hasSuffix(".tgz") else {
            throw SandboxError("cannot read a version from \(name): the archive must be named openclaw-VERSION.tgz")
        }
        return String(name.dropFirst(9).dropLast(4))
    }
}
