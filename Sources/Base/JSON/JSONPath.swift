/// A place in a JSON document, built during decoding. Its text is created only for errors.
indirect enum JSONPath {
    case root(String)
    case member(String, of: JSONPath)
    case element(Int, of: JSONPath)

    /// The path as text: `params.candidates[2].size`.
    var text: String {
        switch self {
        case .root(let name): name
        case .member(let name, let parent): parent.text.isEmpty ? name : "\(parent.text).\(name)"
        case .element(let index, let parent): "\(parent.text)[\(index)]"
        }
    }

    /// The place of the document itself.
    var root: JSONPath {
        switch self {
        case .root: self
        case .member(_, let parent), .element(_, let parent): parent.root
        }
    }

    /// The keys of the path, in the form of Codable.
    var codingPath: [any CodingKey] {
        switch self {
        case .root: []
        case .member(let name, let parent): parent.codingPath + [JSONKey(stringValue: name)]
        case .element(let index, let parent): parent.codingPath + [JSONKey(intValue: index)]
        }
    }

    func appending(_ keys: [any CodingKey]) -> JSONPath {
        keys.reduce(self) { path, key in
            key.intValue.map { .element($0, of: path) } ?? .member(key.stringValue, of: path)
        }
    }
}

/// A key with any name or index.
struct JSONKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = "\(intValue)"
        self.intValue = intValue
    }
}
