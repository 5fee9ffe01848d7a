/// Events that are delivered together, with their JSON texts in one buffer. Each text is encoded once.
struct EventPage {
    let events: [FeedEvent]
    private var texts: [UInt8] = []
    /// The byte range of each event's text; empty until ``prepare(_:)`` has encoded it.
    private var ranges: [Range<Int>]

    init(_ events: [FeedEvent]) {
        self.events = events
        ranges = Array(repeating: 0..<0, count: events.count)
    }

    /// Encodes the texts of the events at these indices. Throws if one cannot be encoded.
    mutating func prepare(_ indices: [Int]) throws {
        for index in indices where ranges[index].isEmpty {
            let text = try events[index].text()
            ranges[index] = texts.count..<(texts.count + text.count)
            texts += text
        }
    }

    /// Appends the line that carries an event to a subscription. The event's text must be prepared.
    func append(_ index: Int, for subscription: Subscription, to lines: inout [UInt8]) {
        texts.withUnsafeBytes { subscription.write(UnsafeRawBufferPointer(rebasing: $0[ranges[index]]), to: &lines) }
    }
}
