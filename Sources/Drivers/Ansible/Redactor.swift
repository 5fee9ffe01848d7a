internal import AuraModel

/// Takes a run's secrets out of what it says. The callback does so as well; what comes from elsewhere, such as a
/// traceback on standard error, passes here only.
struct Redactor: Sendable {
    /// Longest first, so that a secret inside another one does not leave a remainder.
    private let secrets: [String]

    /// Shorter texts are likelier to be ordinary words than secrets.
    private static let shortest = 8

    init(_ secrets: [Secret]) {
        var texts: Set<String> = []
        for secret in secrets {
            for line in secret.reveal().split(whereSeparator: \.isNewline) where !line.hasPrefix("-----") {
                texts.insert(String(line))
                // `NAME="value"`: the value may turn up without its name.
                guard let equals = line.firstIndex(of: "=") else { continue }
                texts.insert(line[line.index(after: equals)...].trimming { $0 == "\"" || $0 == "'" || $0 == " " })
            }
        }
        self.secrets = texts.filter { $0.count >= Self.shortest }.sorted { ($0.count, $1) > ($1.count, $0) }
    }

    func clean(_ text: String) -> String {
        secrets.reduce(text) { text, secret in
            text.contains(secret) ? text.replacing(secret, with: "[secret]") : text
        }
    }
}

extension Substring {
    fileprivate func trimming(_ isCut: (Character) -> Bool) -> String {
        var rest = drop(while: isCut)
        while let last = rest.last, isCut(last) { rest.removeLast() }
        return String(rest)
    }
}
