import Foundation
import Hummingbird
import JSON

/// One page of a list. `page` starts at 1; `per_page` is 25 by default and at most 50.
struct Page: Sendable {
    let number: Int
    let size: Int

    init(_ call: Call) throws {
        number = try Self.positive(call, "page", otherwise: 1)
        size = min(50, try Self.positive(call, "per_page", otherwise: 25))
    }

    private static func positive(_ call: Call, _ name: String, otherwise: Int) throws -> Int {
        guard let text = call.first(name), !text.isEmpty else { return otherwise }
        guard let value = Int(text), (1...1_000_000_000).contains(value) else {
            throw APIError.invalid(name, "must be greater than 0")
        }
        return value
    }

    /// Returns the page's elements under `field`, with `meta.pagination` and the `Link` header.
    func answer<Element>(
        _ items: some RandomAccessCollection<Element>, _ field: String, _ call: Call, _ json: (Element) -> JSONValue
    ) -> Answer {
        let total = items.count
        let last = max(1, (total + size - 1) / size)
        let part = items.dropFirst((number - 1) * size).prefix(size)
        let previous = number > 1 ? min(number - 1, last) : nil
        let next = number < last ? number + 1 : nil
        var answer = Answer(
            200,
            [
                field: .array(part.map(json)),
                "meta": [
                    "pagination": [
                        "page": .count(number), "per_page": .count(size),
                        "previous_page": previous.map(JSONValue.count) ?? .null,
                        "next_page": next.map(JSONValue.count) ?? .null, "last_page": .count(last),
                        "total_entries": .count(total),
                    ]
                ],
            ])
        let links = [("prev", previous), ("next", next), ("last", last)].compactMap { relation, page in
            page.map { "<\(call.path)?\(query(call, page: $0))>; rel=\"\(relation)\"" }
        }
        answer.headers.append(("Link", links.joined(separator: ", ")))
        return answer
    }

    private func query(_ call: Call, page: Int) -> String {
        let kept = call.query.filter { $0.key != "page" && $0.key != "per_page" }
        let values = kept.map { "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? "")" }
        return (["page=\(page)", "per_page=\(size)"] + values).joined(separator: "&")
    }

    /// The characters that need no escape in a URL (RFC 3986 §2.3).
    private static let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
}
