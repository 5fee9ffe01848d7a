/// One method and path of the sandbox, with its handler.
struct Route: Sendable {
    /// Handles a call. It runs under the cloud's lock, so it must not wait or do IO.
    typealias Handler = @Sendable (inout Cloud, Call) throws -> Answer

    let method: String
    /// The path as in the documentation of the APIs: `/v1/servers/{id}`.
    let pattern: String
    let segments: [Substring]
    let handler: Handler

    init(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.handler = handler
        segments = pattern.split(separator: "/")
    }

    /// The name of this route in the state report.
    var name: String { "\(method) \(pattern)" }

    /// Returns the values of the `{…}` segments, or `nil` if the path does not match.
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

/// All routes, tried in order: literal segments are listed before `{…}` segments.
struct RouteTable: Sendable {
    private let routes: [Route]

    init(_ routes: [Route]) { self.routes = routes }

    /// The result of a search for a route.
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
