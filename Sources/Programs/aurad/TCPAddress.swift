import FeatureKit
import Loopback

/// The settings that name a TCP address: `listen` and `http`.
enum TCPAddress {
    /// Returns the address of `key`, or `nil` if the setting is absent. Throws `SettingsError` unless it is a
    /// loopback address.
    static func read(_ source: SettingsSource, _ key: String) throws -> LoopbackAddress? {
        guard let text = source.text(key) else { return nil }
        do {
            return try LoopbackAddress(text)
        } catch {
            throw SettingsError("cannot use \(key) = \(text): \(error)")
        }
    }
}
