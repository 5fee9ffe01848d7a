import Glibc

/// Networks in CIDR notation.
enum NetworkPrefix {
    /// True for an IPv4 or IPv6 network: an address with zero bits after the prefix, and the length of the prefix.
    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = Int(parts[1]), let bytes = bytes(String(parts[0])) else { return false }
        guard (0...bytes.count * 8).contains(length) else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            let kept = min(8, max(0, length - index * 8))
            return kept == 8 || byte & (0xFF >> UInt8(kept)) == 0
        }
    }

    private static func bytes(_ address: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, address, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
