import ArgumentParser
import ChildProcess

/// Restricts itself to some files and becomes another program. The daemon starts its children with it.
struct Confine: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Confinement.subcommand, abstract: "Runs a program that can use only some files.",
        shouldDisplay: false)

    /// The exit code of a shell for a program that cannot be run.
    private static let cannotRun = ExitCode(126)

    @Option(help: "A file or directory that the program may read and execute.")
    var read: [String] = []

    @Option(help: "A file or directory in which the program may do everything.")
    var write: [String] = []

    @Argument(parsing: .postTerminator, help: "The absolute path of the program, and its arguments.")
    var command: [String] = []

    func run() throws {
        throw Failing.with(Confinement.become(command, readable: read, writable: write), Self.cannotRun)
    }
}
