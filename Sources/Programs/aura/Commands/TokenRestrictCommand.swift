import ArgumentParser
import AuraModel
import Identity
import JSON

/// `aura token restrict`
struct TokenRestrictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restrict", abstract: "Restrict a token, without the daemon.",
        discussion: """
            It reads a token from --in or standard input, and writes a token with the same rights, less those that \
            the restrictions take away. Nobody can remove a restriction. The keys: method, scope, tenant, instance, \
            before, peer, rate. A restriction may have several values, separated by commas: \
            method=status.*,job.get. A call must satisfy all restrictions.
            """)

    @Argument(help: ArgumentHelp("The restrictions, such as method=status.*", valueName: "key=value"))
    var restrictions: [String]

    @OptionGroup var input: TokenInputOptions
    @OptionGroup var output: TokenOutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.runOffline(global) { console in
            let token = try Self.restricted(try input.token(on: console), by: restrictions)
            let place = try TokenPlace(output.out, on: console)
            try await place.filled { keep in try keep(token.text) }
            let texts = token.restrictions.map(\.text)
            place.show(
                token.text, [Line("the token is restricted by \(texts.joined(separator: " and "))")],
                document: ["text": .string(token.text), "restrictions": .array(texts.map { .string($0) })], on: console)
        }
    }

    /// Returns the token with further restrictions. Throws a ``Complaint``.
    static func restricted(_ secret: Secret, by restrictions: [String]) throws -> Token {
        do throws(TokenError) {
            var token = try Token(secret.reveal())
            for text in restrictions { token = try token.restricted(by: TokenRestriction(text)) }
            return token
        } catch {
            let reason = "\(error)"
            throw Complaint(.usage, reason.hasPrefix("cannot ") ? reason : "cannot restrict the token, \(reason)")
        }
    }
}
