public import JSON

extension Cancellation: JSONWritable {}
extension Concern: JSONWritable {}
extension DesiredState: JSONWritable {}
extension ErrorClass: JSONWritable {}
extension EventType: JSONWritable {}
extension InstanceKind: JSONWritable {}
extension JobKind: JSONWritable {}
extension JobState: JSONWritable {}
extension Phase: JSONWritable {}
extension ResourceKind: JSONWritable {}
extension StepState: JSONWritable {}

extension Identifier: JSONWritable {
    /// Appends the text as a string.
    public func write(to json: inout JSONText) { json.append(text) }
}

extension Timestamp: JSONWritable {
    /// Appends RFC 3339 text.
    public func write(to json: inout JSONText) { json.append(description) }
}

extension ServerFacts: JSONWritable {
    /// Appends an object.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("id", id)
            json.member("name", name)
            json.member("address", address)
            json.member("location", location)
            json.member("type", type)
        }
    }
}

extension TailnetFacts: JSONWritable {
    /// Appends an object.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("nodeId", nodeId)
            json.member("name", name)
            json.member("addresses", addresses)
        }
    }
}

extension Failure: JSONWritable {
    /// Appends an object with the names that `Codable` uses.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("errorClass", errorClass)
            json.member("code", code)
            json.member("message", message)
            json.member("correlationID", correlationID)
            json.member("retryAfterMilliseconds", retryAfterMilliseconds)
            json.member("concern", concern)
        }
    }
}
