/// A text that must not be shown. It cannot be printed, encoded or compared by accident.
///
/// The bytes are in a buffer of their own, which is overwritten with zeros when the last copy of the value ends. Copies
/// elsewhere are not overwritten: the text that ``reveal()`` returns, and the text from which the secret was made.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The maximum length of a secret that the vault stores, in bytes.
    public static let storedBytesAtMost = 64 << 10

    private let buffer: ClearedBuffer

    /// Copies the text.
    public init(_ text: String) {
        var text = text
        buffer = text.withUTF8 { ClearedBuffer(copying: UnsafeRawBufferPointer($0)) }
    }

    /// Copies the bytes of a text in UTF-8, and overwrites the given ones with zeros.
    public init(clearing bytes: inout [UInt8]) {
        buffer = bytes.withUnsafeBytes { ClearedBuffer(copying: $0) }
        bytes.clear()
    }

    /// Returns the text, for the one call that needs it.
    public func reveal() -> String { withBytes { String(decoding: $0, as: UTF8.self) } }

    /// Runs `body` with the bytes of the text in UTF-8, which are valid only until `body` returns.
    public func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        try withExtendedLifetime(buffer) { try body(UnsafeRawBufferPointer(buffer.bytes)) }
    }

    /// True if the text is empty.
    public var isEmpty: Bool { byteCount == 0 }
    /// The length of the text in UTF-8.
    public var byteCount: Int { buffer.bytes.count }
    /// `[secret]`, never the text.
    public var description: String { "[secret]" }
    /// `[secret]`, never the text.
    public var debugDescription: String { "[secret]" }
    /// A mirror without children, so that `dump` does not show the text.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

extension [UInt8] {
    /// Overwrites the bytes of a secret with zeros, and removes them. Other copies of the array keep the bytes.
    public mutating func clear() {
        withUnsafeMutableBytes { overwrite($0) }
        self = []
    }
}

/// Memory that is overwritten with zeros before it is freed. Its content never changes before that.
private final class ClearedBuffer: Sendable {
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    init(copying source: UnsafeRawBufferPointer) {
        bytes = .allocate(byteCount: source.count, alignment: 1)
        bytes.copyMemory(from: source)
    }

    deinit {
        overwrite(bytes)
        bytes.deallocate()
    }
}

/// Overwrites the bytes with zeros. Never inlined, so that the compiler cannot see that nobody reads them afterwards.
@inline(never) private func overwrite(_ bytes: UnsafeMutableRawBufferPointer) {
    for index in bytes.indices { bytes[index] = 0 }
}
