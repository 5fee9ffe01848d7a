import JSON

/// An object of Stripe's API with an id.
protocol StripeRow: Sendable {
    /// The kind in messages.
    static var kind: String { get }
    var id: String { get }
    /// The time of creation on the account's clock, in seconds since 1970.
    var created: Int64 { get }

    /// Returns the JSON for a version of the API.
    func json(_ version: StripeVersion) -> JSONValue
}

/// The objects of one kind in the order of their creation.
struct StripeTable<Row: StripeRow>: Sendable {
    private(set) var all: [Row] = []
    private var places: [String: Int] = [:]

    /// The object with this id.
    subscript(id: String) -> Row? { places[id].map { all[$0] } }

    /// Returns the object that a path or a parameter names, or throws `resource_missing`.
    func get(_ id: String, param: String = "id") throws -> Row {
        guard let row = self[id] else { throw StripeError.missing(Row.kind, id, param: param) }
        return row
    }

    /// Adds an object, or replaces the object with the same id.
    mutating func put(_ row: Row) {
        if let place = places[row.id] {
            all[place] = row
        } else {
            places[row.id] = all.count
            all.append(row)
        }
    }

    /// Removes the oldest objects.
    mutating func removeFirst(_ count: Int) {
        all.removeFirst(min(count, all.count))
        places = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($0.element.id, $0.offset) })
    }

    /// Returns one page, newest first: the objects for which `isMeant` is true, limited by `limit`, `starting_after`,
    /// `ending_before` and `created`.
    func page(
        _ arguments: StripeArguments, url: String, _ version: StripeVersion,
        isMeant: (Row) throws -> Bool = { _ in true }
    ) throws -> JSONValue {
        let limit = Int(try arguments.integer("limit", in: 1...100) ?? 10)
        let created = try CreatedRange(arguments)
        func accepts(_ row: Row) throws -> Bool { try created.contains(row.created) && isMeant(row) }
        let after = try place("starting_after", arguments)
        let before = try place("ending_before", arguments)
        guard after == nil || before == nil else {
            throw StripeError.invalid("ending_before", "You cannot use both starting_after and ending_before.")
        }
        var found: [Row] = []
        if let before {
            var place = before + 1
            while place < all.count, found.count <= limit {
                if try accepts(all[place]) { found.append(all[place]) }
                place += 1
            }
        } else {
            var place = (after ?? all.count) - 1
            while place >= 0, found.count <= limit {
                if try accepts(all[place]) { found.append(all[place]) }
                place -= 1
            }
        }
        let shown = before == nil ? Array(found.prefix(limit)) : found.prefix(limit).reversed()
        return Stripe.list(shown.map { $0.json(version) }, url: url, hasMore: found.count > limit)
    }

    private func place(_ name: String, _ arguments: StripeArguments) throws -> Int? {
        guard let id = try arguments.text(name), !id.isEmpty else { return nil }
        guard let place = places[id] else { throw StripeError.missing(Row.kind, id, param: name) }
        return place
    }
}

/// The parameter `created`: a time, or bounds `gt`, `gte`, `lt`, `lte`.
private struct CreatedRange {
    private var lowest = Int64.min
    private var highest = Int64.max

    init(_ arguments: StripeArguments) throws {
        let times: ClosedRange<Int64> = 0...99_999_999_999
        guard let bounds = try? arguments.part("created") else {
            if let exact = try arguments.integer("created", in: times) { (lowest, highest) = (exact, exact) }
            return
        }
        try bounds.allow(["gt", "gte", "lt", "lte"])
        if let bound = try bounds.integer("gt", in: times) { lowest = bound + 1 }
        if let bound = try bounds.integer("gte", in: times) { lowest = max(lowest, bound) }
        if let bound = try bounds.integer("lt", in: times) { highest = bound - 1 }
        if let bound = try bounds.integer("lte", in: times) { highest = min(highest, bound) }
    }

    func contains(_ time: Int64) -> Bool { lowest <= time && time <= highest }
}

extension Stripe {
    /// The names of the parameters of every list.
    static let listNames: Set<String> = ["limit", "starting_after", "ending_before", "created"]

    /// Returns a list object.
    static func list(_ data: [JSONValue], url: String, hasMore: Bool = false) -> JSONValue {
        ["object": "list", "data": .array(data), "has_more": .bool(hasMore), "url": .string(url)]
    }

    /// Returns an object of constants from JSON text.
    static func template(_ text: String) -> JSONValue { (try? JSONValue(parsing: text)) ?? [:] }
}
