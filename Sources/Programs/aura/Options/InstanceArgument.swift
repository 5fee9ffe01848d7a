import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel

/// An instance by name or id. Shell completion asks the daemon for the existing names.
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
    /// The time limit of a completion. The shell blocks until the completion returns. At the limit the completion
    /// offers the names found so far.
    static let limit = Duration.seconds(1)
    /// The maximum number of names to read.
    static let nameLimit = 100_000
    private static let page = 1000

    static func matching(_ prefix: String, arguments: [String]) async -> [String] {
        var options = GlobalOptions()
        options.socket = value(of: "--socket", in: arguments)
        options.connect = value(of: "--connect", in: arguments)
        options.tokenFile = value(of: "--token-file", in: arguments)
        guard let endpoint = try? options.endpoint() else { return [] }
        let tenant = value(of: "--tenant", in: arguments).map { TenantID($0) }
        let daemon = Daemon(at: endpoint, token: try? options.token(), timeoutSeconds: limit / .seconds(1))
        return await names(prefix, tenant: tenant, daemon).sorted()
    }

    /// Returns the names of all pages, or those found within the time limit.
    private static func names(_ prefix: String, tenant: TenantID?, _ daemon: Daemon) async -> [String] {
        let clock = ContinuousClock()
        let end = clock.now + limit
        var found: [String] = []
        var after: InstanceID?
        for _ in 0..<(nameLimit / page) {
            let left = clock.now.duration(to: end)
            guard let list = await page(of: tenant, after: after, daemon, within: left) else { break }
            found += list.instances.map(\.name).filter { $0.hasPrefix(prefix) }
            after = list.next
            if after == nil { break }
        }
        return found
    }

    /// Returns one page, or `nil` if it does not arrive in time.
    private static func page(
        of tenant: TenantID?, after: InstanceID?, _ daemon: Daemon, within left: Duration
    ) async -> StatusListResult? {
        guard left > .zero else { return nil }
        return await withTaskGroup(of: StatusListResult?.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask { try? await daemon.client.statusList(tenant: tenant, after: after, limit: page) }
            tasks.addTask {
                try? await SystemTime().sleep(for: left)
                return nil
            }
            return await tasks.next() ?? nil
        }
    }

    private static func value(of option: String, in arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument == option, index + 1 < arguments.count { return arguments[index + 1] }
            if argument.hasPrefix("\(option)=") { return String(argument.dropFirst(option.count + 1)) }
        }
        return nil
    }
}
