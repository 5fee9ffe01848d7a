import ArgumentParser
import AuraClient
import AuraModel

/// The options that every command has, before or after its name.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's address: a socket's path, unix:PATH or tcp:HOST:PORT.",
            discussion: """
                Without it: AURA_SOCKET, in the same form; else $XDG_RUNTIME_DIR/aura/aurad.sock if that exists; else \
                /run/aura/aurad.sock.
                """, valueName: "place"),
        completion: .file())
    var socket: String?

    @Option(
        help: ArgumentHelp("The daemon's TCP address, as --socket tcp:HOST:PORT.", valueName: "host:port"))
    var connect: String?

    @Option(
        help: ArgumentHelp(
            "A file with the token to show to the daemon; it must be yours alone (mode 0600).",
            discussion: "Without it: AURA_TOKEN_FILE, else the text AURA_TOKEN. The local socket needs no token.",
            valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Flag(help: "Print the daemon's replies, one compact JSON document per line.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "The longest wait for the connection and for each reply; 30 if not given. A watch has no time limit.",
            valueName: "seconds"))
    var timeout: Double?

    var timeoutSeconds: Double { timeout ?? 30 }

    func validate() throws {
        guard socket == nil || connect == nil else {
            throw ValidationError("cannot use --socket and --connect at once: give one of them")
        }
        guard timeoutSeconds > 0, timeoutSeconds <= 86_400 else {
            throw ValidationError("cannot wait \(timeoutSeconds) seconds: give --timeout more than 0 and at most 86400")
        }
        _ = try endpoint()
    }

    /// Returns the token from the options and the environment; `nil` if there is none. Throws a ``Complaint``.
    func token() throws -> Secret? {
        do {
            if let tokenFile { return try ClientToken.read(file: tokenFile) }
            return try ClientToken.find()
        } catch {
            throw Complaint(.usage, error.message)
        }
    }

    /// Returns the daemon's address from the options and the environment.
    func endpoint() throws -> Endpoint {
        do {
            return try Endpoint(socket: socket, connect: connect)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
