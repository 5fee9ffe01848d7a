internal import AuraModel
internal import Locking
internal import Subprocess
internal import SystemPackage

/// One run of a child: four tasks around it, and the library that spawns and reaps it.
///
///     output ── pieces ──▶ taker ──┐ both at their end: over
///     errors ── tail ──────────────┘
///     timer  ── raises the stop
///     stop   ── cancels the others; then SIGTERM … SIGKILL to the group
struct ChildRun: Sendable {
    let child: ChildProcess
    let stop: StopSignal
    let errorTail: TailBox
    let time: any TimeSource
    let output: @Sendable ([UInt8]) async throws -> Void
    /// Bytes that the child wrote so far.
    private let written = Locked(0)

    init(
        child: ChildProcess, stop: StopSignal, errorTail: TailBox, time: any TimeSource,
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
            // Its input stays open and silent until the body returns: that is the supervisor's sign that we live.
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
        return Configuration(
            executable: .path(FilePath(Supervisor.shell)),
            arguments: Arguments(
                ["-c", Supervisor.script, "aura-run"]
                    + [child.stopGrace, child.patience, pulseInterval].map(Self.wholeSeconds)
                    + [child.executable] + child.arguments),
            environment: .custom(
                Dictionary(uniqueKeysWithValues: variables.compactMap { key, value in key.map { ($0, value) } })),
            workingDirectory: FilePath(child.workingDirectory), platformOptions: options)
    }

    private static func wholeSeconds(_ duration: Duration) -> String {
        String(max(duration.wholeMilliseconds / 1000, 1))
    }

    private var pulseInterval: Duration { child.patience / 4 }

    private var teardown: [TeardownStep] {
        [.send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: child.stopGrace)]
    }

    private enum Part {
        /// A stream is at its end.
        case stream
        case stopped
        case over
        case timer
        case pulse
    }

    /// Stays with the child until it is at its end, or ends it.
    ///
    /// A stop cancels whoever takes the output, so that a slow taker cannot hold it up.
    private func attend(_ running: Running) async {
        await withTaskGroup(of: Part.self) { group in
            group.addTask { await takeOutput(running) }
            group.addTask { await takeErrors(running) }
            group.addTask { await showLife() }
            group.addTask { await stop.wait() ? .stopped : .over }
            group.addTask {
                // It is cancelled when all is over.
                if (try? await time.sleep(for: child.timeLimit)) != nil { stop.raise(.overTime) }
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
                        stop.over()
                        group.cancelAll()
                    }
                case .stopped: group.cancelAll()
                case .over, .timer, .pulse: break
                }
            }
        }
        guard stop.reason != nil else { return }
        await running.teardown(using: teardown)
        // The supervisor is gone, but not reaped yet, so its number still means this group.
        await ProcessTable.end(group: running.processIdentifier.value, time: SystemTime())
    }

    /// Tells the supervisor that the daemon lives and may go on, until it may not. On a full disk it tries again.
    ///
    /// The supervisor goes by the machine's own clock, so this does, too, whatever the run's is.
    private func showLife() async -> Part {
        while (try? await SystemTime().sleep(for: pulseInterval)) != nil, (try? child.permit()) != nil {
            try? Pulse.write(directory: child.workingDirectory)
        }
        return .pulse
    }

    /// Looks thrice per limit whether anything was written since the last look.
    private func watchSilence(_ limit: Duration) async -> Part {
        var (known, silentLooks) = (0, 0)
        while (try? await time.sleep(for: limit / 3)) != nil {
            let now = written.withLock { $0 }
            silentLooks = now == known ? silentLooks + 1 : 0
            known = now
            if silentLooks == 3 {
                stop.raise(.silent)
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
        if let limit = child.outputLimitBytes, sum > limit { stop.raise(.tooMuchOutput) }
    }

    private func takeOutput(_ running: Running) async -> Part {
        do {
            for try await buffer in running.standardOutput where stop.reason == nil {
                count(buffer.count)
                try await output(buffer.withUnsafeBytes { Array($0) })
            }
        } catch {
            stop.raise(.refused(error))
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
