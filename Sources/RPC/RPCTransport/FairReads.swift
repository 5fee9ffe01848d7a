internal import NIOCore

/// Limits the bytes that one tick of the event loop reads from a connection, so that a flood cannot delay other
/// connections.
///
/// A read of the usual size holds sixteen calls; a batch of fifty calls needs two reads. A connection that fills two
/// reads in a row gets reads of half that size for a while. This halves the time that other connections wait.
struct FairReads: RecvByteBufferAllocator {
    private static let usual = 2048
    private static let short = 1024
    /// The number of short reads after two full reads in a row.
    private static let shortReads = 64

    private var wasFull = false
    private var shortReadsLeft = 0

    private var size: Int { shortReadsLeft > 0 ? Self.short : Self.usual }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: size)
    }

    /// Returns true if NIO must allocate a short buffer for the next read. Otherwise it reuses its first buffer, which
    /// has the usual size.
    mutating func record(actualReadBytes: Int) -> Bool {
        let isFull = actualReadBytes >= size
        shortReadsLeft = isFull && wasFull ? Self.shortReads : max(0, shortReadsLeft - 1)
        wasFull = isFull
        return shortReadsLeft > 0
    }
}
