internal import AuraModel
internal import Locking
internal import Subprocess
internal import SystemPackage

/// One run of a child: the tasks around it, and the library that spawns and reaps it.
///
///     output ── pieces ──▶ receiver ──┐ both have ended: over
///     errors ── tail ─────────────────┘
///     timer  ── sends the stop
///     stop   ── cancels the others; then SIGTERM … SIGKILL to the group
struct ChildRun: Sendable {
    let child: ChildProcess
    let stop: ChildStop
    let errorTail: TailBox
    let time: any TimeSource
    let output: @Sendable ([UInt8]) async throws -> Void
    /// The number of bytes that the child wrote so far.
    private let written = Locked(0)

    init(
        child: ChildProcess, stop: ChildStop, errorTail: TailBox, time: any TimeSource,
        output: @escaping @Sendable ([UInt8]) async throws -> Void
    ) {
        self.child = child
        self.stop = stop
        self.errorTail = errorTail
        self.time = time
        self.output = output
    }

    private typealias Running = Execution<CustomWriteInput, SequenceOutput, SequenceOutput>

    func perform() async -> Result<ChildProcess.Ending, ChildError> {
        do {
            // The child's input stays open and silent until the body returns. The end of the input shows the supervisor
            // that the daemon died.
            let result = try await Subprocess.run(
                configuration, input: .inputWriter, output: .sequence, error: .sequence
            ) { running in
                await attend(running)
            }
            switch result.terminationStatus {
            case .exited(let code): return .success(.exited(Int(code)))
            case .signaled(let signal): return .success(.signalled(Int(signal)))
            }
        } catch {
            return .failure(ChildError(.spawn, message: "cannot run \(child.executable): \(error)"))
        }
    }

    private var configuration: Configuration {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = teardown
        let variables = child.environment.map { (Environment.Key(rawValue: $0.key), $0.value) }
        let supervisor =
            ["-c", Supervisor.script, "aura-run"]
            + [child.stopGrace, child.pulseTimeout, pulseInterval].map(Self.wholeSeconds)
        let arguments = supervisor + [child.executable] + child.arguments
        return Configuration(
            executable: .path(FilePath(child.confinement?.launcher ?? Supervisor.shell)),
            arguments: Arguments(
                child.confinement.map { $0.arguments + [Supervisor.shell] + arguments } ?? arguments),
            environment: .custom(
                Dictionary(uniqueKeysWithValues: variables.compactMap { key, value in key.map { ($0, value) } })),
            workingDirectory: FilePath(child.workingDirectory), platformOptions: options)
    }

    private static func wholeSeconds(_ duration: Duration) -> String {
        String(max(duration.wholeMilliseconds / 1000, 1))
    }

    private var pulseInterval: Duration { child.pulseTimeout / 4 }

    private var teardown: [TeardownStep] {
        [.send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: child.stopGrace)]
    }

    private enum Part {
        /// A stream has ended.
        case stream
        case stopped
        case over
        case timer
        case pulse
    }

    /// Returns when the child's streams have ended, or ends the child after a stop.
    ///
    /// A stop cancels the task that passes the output on, so that a slow receiver cannot delay the stop.
    private func attend(_ running: Running) async {
        await withTaskGroup(of: Part.self) { group in
            group.addTask { await takeOutput(running) }
            group.addTask { await takeErrors(running) }
            group.addTask { await showLife() }
            group.addTask { await stop.isNeeded() ? .stopped : .over }
            group.addTask {
                // The sleep is cancelled when the run is over.
                if (try? await time.sleep(for: child.timeLimit)) != nil { stop.set(.overTime) }
                return .timer
            }
            if let limit = child.silenceLimit {
                group.addTask { await watchSilence(limit) }
            }
            var streams = 2
            for await part in group {
                switch part {
                case .stream:
                    streams -= 1
                    if streams == 0 {
                        stop.set(nil)
                        group.cancelAll()
                    }
                case .stopped: group.cancelAll()
                case .over, .timer, .pulse: break
                }
            }
        }
        guard stop.reason != nil else { return }
        await running.teardown(using: teardown)
        // The supervisor has ended, but it is not reaped yet, so its process id still identifies this group.
        await ProcessTable.end(group: running.processIdentifier.value, time: SystemTime())
    }

    /// Writes the daemon's sign of life for the supervisor, until the permit throws. If a write fails, for example on a
    /// full disk, the next one may succeed.
    ///
    /// The supervisor uses the system's clock, so this function uses it too, even if the run has another clock.
    private func showLife() async -> Part {
        while (try? await SystemTime().sleep(for: pulseInterval)) != nil, (try? child.permit()) != nil {
            try? Pulse.write(directory: child.workingDirectory)
        }
        return .pulse
    }

    /// Checks three times per limit whether the child wrote anything since the last check.
    private func watchSilence(_ limit: Duration) async -> Part {
        var (known, silentLooks) = (0, 0)
        while (try? await time.sleep(for: limit / 3)) != nil {
            let now = written.withLock { $0 }
            silentLooks = now == known ? silentLooks + 1 : 0
            known = now
            if silentLooks == 3 {
                stop.set(.silent)
                break
            }
        }
        return .timer
    }

    private func count(_ bytes: Int) {
        let sum = written.withLock { written in
            written += bytes
            return written
        }
        if let limit = child.outputLimitBytes, sum > limit { stop.set(.tooMuchOutput) }
    }

    private func takeOutput(_ running: Running) async -> Part {
        do {
            for try await buffer in running.standardOutput where stop.reason == nil {
                count(buffer.count)
                try await output(buffer.withUnsafeBytes { Array($0) })
            }
        } catch {
            stop.set(.refused(error))
        }
        return .stream
    }

    private func takeErrors(_ running: Running) async -> Part {
        do {
            for try await buffer in running.standardError {
                count(buffer.count)
                errorTail.append(buffer.withUnsafeBytes { Array($0) })
            }
        } catch {
            errorTail.append(Array("(its standard error cannot be read: \(error))".utf8))
        }
        return .stream
    }
}
