/// The parsed name of a resource at a provider, such as `aura-ada-9f86d081-g1`.
public struct ResourceName: Sendable {
    /// The name without its generation: `aura-ada-9f86d081`.
    public let stem: Substring
    /// The generation of the machine, from 1 (`Instance.generation`).
    public let generation: Int

    /// Parses a name of the form `aura-NAME-DIGITS-gN` with 8 hexadecimal digits. Returns `nil` for any other name.
    public init?(_ text: String) {
        guard text.hasPrefix("aura-"), let mark = text.lastIndex(of: "-") else { return nil }
        let last = text[text.index(after: mark)...]
        guard last.hasPrefix("g"), let generation = Int(last.dropFirst()), generation > 0 else { return nil }
        let stem = text[..<mark]
        guard let hyphen = stem.lastIndex(of: "-") else { return nil }
        let digits = stem[stem.index(after: hyphen)...]
        guard digits.utf8.count == 8, digits.allSatisfy(\.isHexDigit) else { return nil }
        self.stem = stem
        self.generation = generation
    }

    /// Returns the resource name in a device's host name, or `nil` if there is none. Removes the number that Tailscale
    /// appends to a name that is in use.
    public static func text(in hostname: String) -> String? {
        if ResourceName(hostname) != nil { return hostname }
        guard let hyphen = hostname.lastIndex(of: "-") else { return nil }
        let suffix = hostname[hostname.index(after: hyphen)...].utf8
        guard !suffix.isEmpty, suffix.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let name = String(hostname[..<hyphen])
        return ResourceName(name) == nil ? nil : name
    }

    /// True if the stem ends with the last 8 digits of the instance's id.
    public func isOf(_ instance: InstanceID) -> Bool { stem.hasSuffix("-\(instance.text.suffix(8))") }

    /// True if the name belongs to an earlier generation of this instance.
    public func isEarlier(of instance: Instance) -> Bool {
        guard let present = ResourceName(instance.resourceName) else { return false }
        return present.stem == stem && generation < present.generation
    }
}
