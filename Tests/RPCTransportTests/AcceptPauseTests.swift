import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import RPCTransport

@Suite struct AcceptPauseTests {
    private let channel = EmbeddedChannel()

    private var reads: Bool? {
        channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
    }

    init() throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try channel.pipeline.syncOperations.addHandler(AcceptPause(logger: logger))
    }

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM]) func aShortagePausesTheListenerForATenthOfASecond(_ code: CInt)
    {
        for _ in 1...2 {
            channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
            #expect(reads == false)
            channel.embeddedEventLoop.advanceTime(by: AcceptPause.pause - .nanoseconds(1))
            #expect(reads == false)
            channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
            #expect(reads == true)
        }
    }

    @Test func otherErrorsArePassedOn() {
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        #expect(reads == nil)
        #expect(throws: IOError.self) { try channel.throwIfErrorCaught() }
    }
}
