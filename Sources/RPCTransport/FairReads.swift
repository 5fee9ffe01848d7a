internal import NIOCore

/// How much of a connection is read in one turn of its event loop, so that a flood waits its turn behind everybody else's call.
///
/// Sixteen calls together fit a usual read, and a batch of fifty two of them. Who fills two in a row has more to say than that, and is
/// given half as much for a while: others wait half as long.
struct FairReads: RecvByteBufferAllocator {
    private static let usual = 2048
    private static let short = 1024
    /// Reads that are short behind the last full one.
    private static let shortReads = 64

    private var wasFull = false
    private var shortReadsLeft = 0

    private var size: Int { shortReadsLeft > 0 ? Self.short : Self.usual }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: size)
    }

    /// Answers whether the next read needs a buffer of its own: NIO keeps the first one, which is of the usual size.
    mutating func record(actualReadBytes: Int) -> Bool {
        let isFull = actualReadBytes >= size
        shortReadsLeft = isFull && wasFull ? Self.shortReads : max(0, shortReadsLeft - 1)
        wasFull = isFull
        return shortReadsLeft > 0
    }
}
