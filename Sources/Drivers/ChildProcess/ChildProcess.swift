public import AuraModel
internal import Glibc
internal import Locking
internal import Subprocess
internal import SystemPackage

/// A program to run. It inherits nothing from the daemon except the values of this type.
public struct ChildProcess: Sendable {
    /// The absolute path of the program.
    public var executable: String
    /// The arguments after the program's name.
    public var arguments: [String]
    /// The whole environment of the child.
    public var environment: [String: String]
    /// The absolute path of the working directory.
    public var workingDirectory: String
    /// The time after which the child is ended.
    public var timeLimit: Duration
    /// The time between SIGTERM and SIGKILL when the child is ended.
    public var stopGrace: Duration
    /// The longest time without a sign of life from the daemon. After it, the child is ended. This also holds while the
    /// daemon is suspended (`SIGSTOP`), because another daemon may hold the job by that time.
    public var pulseTimeout: Duration
    /// The time without output after which the child is ended, at most a third later; `nil` means no limit.
    public var silenceLimit: Duration?
    /// The number of bytes of standard output and error after which the child is ended; `nil` means no limit.
    public var outputLimitBytes: Int?
    /// The files that the child may use; `nil` means all that the daemon's user may use.
    public var confinement: Confinement?
    /// A check before each sign of life after the first. If it throws, the daemon sends no further signs of life, so
    /// the supervisor ends the child.
    public var permit: @Sendable () throws -> Void

    /// Creates the description of a child.
    public init(
        executable: String, arguments: [String], environment: [String: String], workingDirectory: String,
        timeLimit: Duration, stopGrace: Duration = .seconds(5), pulseTimeout: Duration = .seconds(20),
        silenceLimit: Duration? = nil, outputLimitBytes: Int? = nil, confinement: Confinement? = nil,
        permit: @escaping @Sendable () throws -> Void = {}
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.timeLimit = timeLimit
        self.stopGrace = stopGrace
        self.pulseTimeout = pulseTimeout
        self.silenceLimit = silenceLimit
        self.outputLimitBytes = outputLimitBytes
        self.confinement = confinement
        self.permit = permit
    }

    /// The reason why a run ended.
    public enum Ending: Sendable {
        /// The supervisor exited with the child's status: its exit code, or 128 plus the number of the signal that
        /// ended it.
        case exited(Int)
        /// This signal ended the supervisor, and so the child.
        case signalled(Int)
        /// The daemon ended the child because of the time limit.
        case overTime
        /// The daemon ended the child because it wrote nothing for the silence limit.
        case silent
        /// The daemon ended the child because it wrote more than the output limit.
        case tooMuchOutput
        /// The daemon ended the child because the task was cancelled.
        case cancelled
        /// The daemon ended the child because `output` threw this error.
        case refused(any Error)
    }

    /// Runs the program to its end. Passes its standard output to `output` piece by piece; keeps the end of standard
    /// error.
    ///
    /// The cancellation of the task, each limit and an error of `output` end the child with its whole process group.
    /// The group gets SIGTERM, and SIGKILL after the grace. The function returns when the child has ended.
    /// ``WorkDirectory`` finds the processes that left the group.
    public func run(
        time: any TimeSource, output: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws(ChildError) -> (ending: Ending, errorTail: Tail) {
        guard access(executable, X_OK) == 0 else {
            throw ChildError(
                .missing, message: "cannot run \(executable): \(String(cString: strerror(errno)).lowercased())")
        }
        try Pulse.write(directory: workingDirectory)
        let stop = ChildStop()
        let errorTail = TailBox()
        let child = ChildRun(child: self, stop: stop, errorTail: errorTail, time: time, output: output)
        // The library's streams end early in a cancelled task, so the run has its own task, which is awaited here.
        let result = await withTaskCancellationHandler {
            await Task { await child.perform() }.value
        } onCancel: {
            stop.set(.cancelled)
        }
        let exit = try result.get()
        return (stop.reason ?? exit, errorTail.tail)
    }
}
