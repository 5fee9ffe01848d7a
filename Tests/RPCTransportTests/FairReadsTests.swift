import NIOCore
import Testing

@testable import RPCTransport

@Suite struct FairReadsTests {
    private var reads = FairReads()

    /// The size of the next read after reads of these sizes.
    private mutating func size(after sizes: [Int]) -> Int {
        for size in sizes { _ = reads.record(actualReadBytes: size) }
        return reads.buffer(allocator: ByteBufferAllocator()).capacity
    }

    @Test mutating func callsAndAShortBatchKeepTheFullReadSize() {
        #expect(size(after: []) == 2048)
        #expect(size(after: [66, 1056, 2048, 1250]) == 2048)
        #expect(size(after: [2048, 1250]) == 2048)
    }

    @Test mutating func aFloodHalvesTheReadSizeFor64Reads() {
        #expect(size(after: [2048, 2048]) == 1024)
        #expect(size(after: Array(repeating: 900, count: 63)) == 1024)
        #expect(size(after: [900]) == 2048)
        #expect(size(after: [2048, 2048, 1024, 1024]) == 1024)
    }

    /// NIO continues with its present buffer unless `record` returns true.
    @Test mutating func aShortReadRequestsANewBuffer() {
        let answers = [2048, 2048, 1024, 3].map { reads.record(actualReadBytes: $0) }
        #expect(answers == [false, true, true, true])
        #expect(!(1...64).map { _ in reads.record(actualReadBytes: 3) }[63])
    }
}
