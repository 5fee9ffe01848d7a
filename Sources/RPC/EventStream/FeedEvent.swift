import AuraAPI
import AuraModel
import JSON
import Locking

/// An event and its JSON text. The text is encoded on first use, and all subscribers share it.
final class FeedEvent: Sendable {
    let event: Event
    private let encoded = Locked<[UInt8]?>(nil)

    init(_ event: Event) {
        self.event = event
    }

    var seq: Int64 { event.seq }

    /// Returns the event as `status.event` carries it in `params.result`. Throws if it cannot be encoded.
    func text() throws -> [UInt8] {
        try encoded.withLock { encoded in
            if let encoded { return encoded }
            let text = try JSONValueEncoder().encode(EventView(event)).serialized()
            encoded = text
            return text
        }
    }
}
