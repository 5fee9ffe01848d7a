public import AuraModel
internal import Glibc
internal import Subprocess
internal import SystemPackage

/// A program to run, with nothing inherited but what is written here.
public struct ChildProcess: Sendable {
    /// An absolute path.
    public var executable: String
    public var arguments: [String]
    public var environment: [String: String]
    public var workingDirectory: String
    /// After this time the child is ended.
    public var timeLimit: Duration
    /// How long the child may take to end itself after SIGTERM before it is killed.
    public var stopGrace: Duration
    /// After this time without a sign of life from the daemon the child is ended, even while the daemon is stopped
    /// (`SIGSTOP`): its work may be another daemon's by then.
    public var patience: Duration
    /// The child is ended after this time without output, at the latest a third of it later; `nil` means never.
    public var silenceLimit: Duration?
    /// The child is ended once it wrote more than this to its standard output and error; `nil` means no bound.
    public var outputLimitBytes: Int?
    /// Asked before the child starts and at every sign of life: what it throws ends the signs.
    public var permit: @Sendable () throws -> Void

    public init(
        executable: String, arguments: [String], environment: [String: String], workingDirectory: String,
        timeLimit: Duration, stopGrace: Duration = .seconds(5), patience: Duration = .seconds(20),
        silenceLimit: Duration? = nil, outputLimitBytes: Int? = nil,
        permit: @escaping @Sendable () throws -> Void = {}
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.timeLimit = timeLimit
        self.stopGrace = stopGrace
        self.patience = patience
        self.silenceLimit = silenceLimit
        self.outputLimitBytes = outputLimitBytes
        self.permit = permit
    }

    /// How a run came to its end.
    public enum Ending: Sendable {
        /// By itself, with this exit code.
        case exited(Int)
        /// By a signal that did not come from here.
        case signalled(Int)
        /// By us, since the time limit passed.
        case overTime
        /// By us, since it wrote nothing for the silence limit.
        case silent
        /// By us, since it wrote more than the output limit.
        case tooMuchOutput
        /// By us, since the task was cancelled.
        case cancelled
        /// By us, since whoever takes the output failed.
        case refused(any Error)
    }

    /// Runs the program to its end and hands its standard output on, piece by piece; standard error is kept as a tail.
    ///
    /// Cancelling the task, the time limit and an error of `output` all end the child with its whole process group:
    /// SIGTERM, and SIGKILL after the grace. This returns when the child is gone. A process that left the group is the
    /// ``WorkDirectory``'s to find.
    public func run(
        time: any TimeSource, output: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws(ChildError) -> (ending: Ending, errorTail: Tail) {
        guard access(executable, X_OK) == 0 else {
            throw ChildError(
                .missing, message: "cannot run \(executable): \(String(cString: strerror(errno)).lowercased())")
        }
        try Pulse.write(directory: workingDirectory)
        let stop = StopSignal()
        let errorTail = TailBox()
        let child = ChildRun(child: self, stop: stop, errorTail: errorTail, time: time, output: output)
        // The library's streams end early in a cancelled task; so it runs in one of its own, which is awaited here.
        let result = await withTaskCancellationHandler {
            await Task { await child.perform() }.value
        } onCancel: {
            stop.raise(.cancelled)
        }
        let exit = try result.get()
        return (stop.reason ?? exit, errorTail.tail)
    }
}
