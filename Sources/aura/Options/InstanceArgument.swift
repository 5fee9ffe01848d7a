import ArgumentParser

/// An instance by name or id. Its completion asks the daemon for the names that exist.
struct InstanceArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The instance's name or id.", valueName: "name-or-id"),
        completion: .custom { arguments, _, prefix in
            await InstanceNames.matching(prefix, arguments: arguments)
        })
    var instance: String
}

/// The names that shell completion offers.
enum InstanceNames {
    /// Shells wait for this at every press of the key, so it gives up early and says nothing where it fails.
    static let timeoutSeconds = 0.5

    static func matching(_ prefix: String, arguments: [String]) async -> [String] {
        var options = GlobalOptions()
        options.socket = value(of: "--socket", in: arguments)
        options.connect = value(of: "--connect", in: arguments)
        guard let endpoint = try? options.endpoint(),
            let result = try? await Daemon(at: endpoint, timeoutSeconds: timeoutSeconds).call(.list(limit: 1000)),
            let list = try? Answer.read(InstanceList.self, from: result)
        else { return [] }
        return list.instances.map(\.name).filter { $0.hasPrefix(prefix) }.sorted()
    }

    private static func value(of option: String, in arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument == option, index + 1 < arguments.count { return arguments[index + 1] }
            if argument.hasPrefix("\(option)=") { return String(argument.dropFirst(option.count + 1)) }
        }
        return nil
    }
}
