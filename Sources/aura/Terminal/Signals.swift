import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The signals that a watch answers, in order of arrival. Once taken, they no longer do what they usually do.
struct Signals: Sendable {
    /// Of signals that come before the last ones were answered, so many are kept.
    static let bufferLimit = 8

    let arrivals: AsyncStream<Int32>
    private let sources: [Source]

    /// Dispatch's sources end when nobody holds them. Nothing of theirs is called but once, when they are made.
    private final class Source: @unchecked Sendable {
        let source: any DispatchSourceSignal

        init(_ source: any DispatchSourceSignal) {
            self.source = source
        }
    }

    /// Returns once every signal is taken over: one that comes before still ends the program, and none is lost.
    static func taking(_ numbers: [Int32]) async -> Signals {
        let (arrivals, arriving) = AsyncStream.makeStream(
            of: Int32.self, bufferingPolicy: .bufferingNewest(bufferLimit))
        var sources: [Source] = []
        for number in numbers { sources.append(await source(of: number, arriving)) }
        return Signals(arrivals: arrivals, sources: sources)
    }

    private static func source(of number: Int32, _ arriving: AsyncStream<Int32>.Continuation) async -> Source {
        let source = DispatchSource.makeSignalSource(signal: number)
        source.setEventHandler { arriving.yield(number) }
        let held = Source(source)
        await withCheckedContinuation { registered in
            held.source.setRegistrationHandler { registered.resume() }
            held.source.activate()
        }
        #if canImport(Darwin)
            // There Dispatch only listens; on Linux it has put its own handler in place, which must stay.
            signal(number, SIG_IGN)
        #endif
        return held
    }

    /// Stops the process as ^Z asks, and returns when it goes on.
    static func stop() {
        raise(SIGSTOP)
    }
}
