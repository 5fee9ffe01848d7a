/// A value that writes itself as JSON text, without a ``JSONValue`` in between.
///
/// The text must be one compact value, the same that ``JSONValueEncoder`` would give. The types of the API conform in
/// generated code, since a reply that is encoded through `Codable` costs ten times as much.
public protocol JSONWritable {
    /// Appends the value.
    func write(to json: inout JSONText)
}

/// Compact JSON text that is being written.
///
///     var json = JSONText()
///     json.object { json in
///         json.member("id", id)
///         json.member("server", server)   // left out if it is nil
///     }
public struct JSONText: Sendable {
    @usableFromInline var content: [UInt8] = []

    /// The text so far, as UTF-8.
    public var bytes: [UInt8] { content }

    /// True if a `Double` that is NaN or infinite was appended, as `null`. Numbers inside a ``JSONValue`` do not count.
    public private(set) var hasInvalidNumber = false

    /// Creates an empty text.
    public init() {}

    /// Creates an empty text with space for `capacity` bytes.
    public init(capacity: Int) {
        content.reserveCapacity(capacity)
    }

    /// Appends an object. `members` appends its members.
    @inlinable
    public mutating func object(_ members: (inout JSONText) -> Void) {
        content.append(UInt8(ascii: "{"))
        members(&self)
        content.append(UInt8(ascii: "}"))
    }

    /// Appends a member of the object. The name must need no escapes.
    @inlinable
    public mutating func member(_ name: StaticString, _ value: some JSONWritable) {
        append(memberName: name)
        value.write(to: &self)
    }

    /// Appends the name of a member, with the comma before it and the colon after it. The text is put together first,
    /// since each change of the array is checked.
    @usableFromInline
    mutating func append(memberName name: StaticString) {
        // The text ends with an opening brace only before the first member of an object.
        let isFirst = content.last == UInt8(ascii: "{")
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: name.utf8CodeUnitCount + 4) { text in
            text[0] = UInt8(ascii: ",")
            text[1] = UInt8(ascii: "\"")
            var end = 2
            for index in 0..<name.utf8CodeUnitCount {
                text[end] = name.utf8Start[index]
                end += 1
            }
            text[end] = UInt8(ascii: "\"")
            text[end + 1] = UInt8(ascii: ":")
            content.append(contentsOf: UnsafeBufferPointer(rebasing: text[(isFirst ? 1 : 0)...]))
        }
    }

    /// Appends a member of the object, unless its value is `nil`.
    @inlinable
    public mutating func member(_ name: StaticString, _ value: (some JSONWritable)?) {
        if let value { member(name, value) }
    }

    /// Appends `others` as members of the object. Their names may need escapes.
    public mutating func members(_ others: JSONObject) {
        for (name, value) in others {
            if content.last != UInt8(ascii: "{") { content.append(UInt8(ascii: ",")) }
            append(name)
            content.append(UInt8(ascii: ":"))
            append(value)
        }
    }

    /// Appends a string with the escapes that it needs.
    public mutating func append(_ text: String) {
        JSONWriter.append(text, to: &content)
    }

    /// Appends a string. `body` appends bytes that need no escapes.
    public mutating func plainString(_ body: (inout [UInt8]) -> Void) {
        content.append(UInt8(ascii: "\""))
        body(&content)
        content.append(UInt8(ascii: "\""))
    }

    /// Appends a number. NaN and the infinities become `null`, and set ``hasInvalidNumber``.
    public mutating func append(_ number: Double) {
        if !number.isFinite { hasInvalidNumber = true }
        append(.double(number))
    }

    /// Appends any value.
    public mutating func append(_ value: JSONValue) {
        JSONWriter.append(value, to: &content)
    }

    /// Appends text that is one compact JSON value already. It is not checked.
    public mutating func append(encoded text: [UInt8]) {
        content.append(contentsOf: text)
    }
}

extension String: JSONWritable {
    /// Appends a string with the escapes that it needs.
    public func write(to json: inout JSONText) { json.append(self) }
}

extension Bool: JSONWritable {
    /// Appends `true` or `false`.
    public func write(to json: inout JSONText) { json.append(.bool(self)) }
}

extension Int: JSONWritable {
    /// Appends the number.
    public func write(to json: inout JSONText) { json.append(.integer(Int64(self))) }
}

extension Int64: JSONWritable {
    /// Appends the number.
    public func write(to json: inout JSONText) { json.append(.integer(self)) }
}

extension Double: JSONWritable {
    /// Appends the number; NaN and the infinities as `null`.
    public func write(to json: inout JSONText) { json.append(self) }
}

extension JSONValue: JSONWritable {
    /// Appends the value.
    public func write(to json: inout JSONText) { json.append(self) }
}

extension Array: JSONWritable where Element: JSONWritable {
    /// Appends a list of the elements.
    @inlinable
    public func write(to json: inout JSONText) {
        json.list(self)
    }
}

extension JSONText {
    @inlinable
    mutating func list(_ elements: [some JSONWritable]) {
        content.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { content.append(UInt8(ascii: ",")) }
            isFirst = false
            element.write(to: &self)
        }
        content.append(UInt8(ascii: "]"))
    }
}

extension JSONWritable where Self: RawRepresentable<String> {
    /// Appends the raw value as a string.
    @inlinable
    public func write(to json: inout JSONText) { json.append(rawValue) }
}
