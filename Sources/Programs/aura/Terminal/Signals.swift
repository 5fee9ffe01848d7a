import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The signals that a watch handles, in order of arrival. A handled signal no longer has its default effect.
struct Signals: Sendable {
    /// The number of signals that are kept until they are handled; beyond it the oldest is dropped.
    static let bufferLimit = 8

    let arrivals: AsyncStream<Int32>
    private let sources: [Source]

    /// Keeps a Dispatch source alive. It is `@unchecked Sendable` because the source is used only while it is created.
    private final class Source: @unchecked Sendable {
        let source: any DispatchSourceSignal

        init(_ source: any DispatchSourceSignal) {
            self.source = source
        }
    }

    /// Returns when all signals are handled here. A signal that arrives earlier still ends the program, so none is
    /// lost.
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
            // On Darwin, Dispatch only listens. On Linux it has installed its own handler, which must stay.
            signal(number, SIG_IGN)
        #endif
        return held
    }

    /// Stops the process as ^Z does, and returns when it continues.
    static func stop() {
        raise(SIGSTOP)
    }
}
