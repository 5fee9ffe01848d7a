#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension String {
    /// Returns true if both texts have the same UTF-8 bytes. Swift's `==` also accepts some texts with other bytes.
    public func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { one in
            other.utf8.withContiguousStorageIfAvailable { other in
                guard let a = one.baseAddress, let b = other.baseAddress else { return true }
                return memcmp(a, b, one.count) == 0
            }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    /// Returns true if the text has these UTF-8 bytes.
    public func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard utf8.count == other.count else { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { own in
            guard let a = own.baseAddress, let b = other.baseAddress else { return true }
            return memcmp(a, b, own.count) == 0
        }
        return isSame ?? utf8.elementsEqual(other)
    }
}
