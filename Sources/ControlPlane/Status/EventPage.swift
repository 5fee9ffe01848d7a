/// Events that are handed out together, and their texts in one block, each written down once.
struct EventPage {
    let events: [FeedEvent]
    private var texts: [UInt8] = []
    /// Where an event's text lies; empty while nobody wanted it.
    private var ranges: [Range<Int>]

    init(_ events: [FeedEvent]) {
        self.events = events
        ranges = Array(repeating: 0..<0, count: events.count)
    }

    /// Has the texts of these events ready. Throws where one cannot be written down.
    mutating func prepare(_ indices: [Int]) throws {
        for index in indices where ranges[index].isEmpty {
            let text = try events[index].text()
            ranges[index] = texts.count..<(texts.count + text.count)
            texts += text
        }
    }

    /// Appends the line by which a subscription gets an event.
    func append(_ index: Int, for subscription: Subscription, to lines: inout [UInt8]) {
        texts.withUnsafeBytes { subscription.write(UnsafeRawBufferPointer(rebasing: $0[ranges[index]]), to: &lines) }
    }
}
