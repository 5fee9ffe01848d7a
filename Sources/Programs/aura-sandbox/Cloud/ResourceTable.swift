import JSON

/// A resource of the project with an id, a unique name and labels.
protocol NamedResource: Sendable {
    /// The kind of the resource in messages.
    static var kind: String { get }
    var id: Int64 { get }
    var name: String { get set }
    var labels: [String: String] { get set }
    /// The JSON in responses.
    var json: JSONValue { get }

    /// Throws 422 if a name is not valid, or 409 if another resource has it.
    static func check(_ name: String, isUsed: Bool) throws
}

/// The resources of one kind in the order of their ids.
struct ResourceTable<Row: NamedResource>: Sendable {
    private(set) var all: [Row] = []

    /// Returns the resource with this id, or throws 404.
    func get(_ id: Int64) throws -> Row { all[try place(of: id)] }

    /// Returns the resource that a field of a request names, or throws 422.
    func find(_ reference: Reference, field: String) throws -> Row {
        guard let row = all.first(where: { reference.means(id: $0.id, name: $0.name) }) else {
            throw APIError.invalid(field, "\(Row.kind) \(reference.text) not found")
        }
        return row
    }

    /// Throws 422 if the name is not valid, or 409 if another resource has it.
    func check(_ name: String) throws {
        try Row.check(name, isUsed: all.contains { $0.name == name })
    }

    /// Adds a resource. Throws 422 if its name is not valid, or 409 if it is taken.
    mutating func insert(_ row: Row) throws {
        try check(row.name)
        all.append(row)
    }

    /// Changes a resource in place, if it exists.
    mutating func update(_ id: Int64, _ change: (inout Row) -> Void) {
        if let place = try? place(of: id) { change(&all[place]) }
    }

    /// Changes all resources in place.
    mutating func updateAll(_ change: (inout Row) -> Void) {
        for place in all.indices { change(&all[place]) }
    }

    /// Changes the name and the labels. Throws 404 if there is no such resource, 422 if the new name is not valid, or
    /// 409 if it is taken.
    mutating func change(_ id: Int64, _ new: NameAndLabels) throws -> Row {
        let place = try place(of: id)
        if let name = new.name, name != all[place].name {
            try check(name)
            all[place].name = name
        }
        if let labels = new.labels { all[place].labels = labels }
        return all[place]
    }

    /// Removes a resource, or throws 404.
    @discardableResult
    mutating func remove(_ id: Int64) throws -> Row { all.remove(at: try place(of: id)) }

    /// Returns the requested page of the resources that match the call's `name` and `label_selector`, and `isMeant`.
    /// `isEmpty` is true if a fault empties the list.
    func page(_ call: Call, _ field: String, isEmpty: Bool, isMeant: (Row) -> Bool = { _ in true }) throws -> Answer {
        let selector = try Selector.of(call)
        let order = try SortOrder<Row>(call, ["id": { $0.id < $1.id }, "name": { $0.name < $1.name }])
        let name = call.first("name")
        let found = all.filter {
            !isEmpty && (name == nil || name == $0.name) && (selector?.matches($0.labels) ?? true) && isMeant($0)
        }
        return try Page(call).answer(order.apply(found), field, call, \.json)
    }

    private func place(of id: Int64) throws -> Int {
        guard let place = all.firstIndex(where: { $0.id == id }) else { throw APIError.notFound(Row.kind, String(id)) }
        return place
    }
}
