/// Whether a method may return the value of a secret.
public enum SecretClass: String, Sendable, Hashable, Codable, CaseIterable {
    /// Calls of drivers and files of runs use the value. No method returns it.
    case sealed
    /// `secret.reveal` returns it to callers with the scope `secrets:export`.
    case exportable
}
