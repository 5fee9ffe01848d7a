/// One method and path of the sandbox, and what answers it.
struct Route: Sendable {
    /// Answers a call; runs under the cloud's lock, so it neither waits nor does IO.
    typealias Handler = @Sendable (inout Cloud, Call) throws -> Answer

    let method: String
    /// As in the APIs' documentation: `/v1/servers/{id}`.
    let pattern: String
    let segments: [Substring]
    let handler: Handler

    init(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.handler = handler
        segments = pattern.split(separator: "/")
    }

    /// How the state report counts this route.
    var name: String { "\(method) \(pattern)" }

    /// The values of the pattern's `{…}` segments, or nil when the path is another.
    func match(_ path: [Substring]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (wanted, given) in zip(segments, path) {
            if wanted.first == "{" {
                values[String(wanted.dropFirst().dropLast())] = String(given)
            } else if wanted != given {
                return nil
            }
        }
        return values
    }
}

/// All routes, tried in their order: literal segments stand before `{…}` ones.
struct RouteTable: Sendable {
    private let routes: [Route]

    init(_ routes: [Route]) { self.routes = routes }

    /// What a path leads to.
    enum Match {
        case route(Route, [String: String])
        /// The path exists, but not with this method.
        case otherMethod
        case nothing
    }

    /// Finds the route of a call.
    func find(_ method: String, _ path: String) -> Match {
        let segments = path.split(separator: "/")
        var known = false
        for route in routes {
            guard let values = route.match(segments) else { continue }
            if route.method == method { return .route(route, values) }
            known = true
        }
        return known ? .otherMethod : .nothing
    }
}
