import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The signals that a watch answers, in order of arrival.
///
/// While it lives, they do not do what they usually do; a process that has one takes them over for good.
struct Signals: Sendable {
    /// Of a signal that comes again before it was taken, the last few are kept.
    static let bufferLimit = 8

    let arrivals: AsyncStream<Int32>
    private let sources: Sources

    /// Dispatch's sources end when nobody holds them. They are used from their own queue alone.
    private final class Sources: @unchecked Sendable {
        let sources: [any DispatchSourceSignal]

        init(_ sources: [any DispatchSourceSignal]) {
            self.sources = sources
        }
    }

    init(_ numbers: [Int32]) {
        let (arrivals, arriving) = AsyncStream.makeStream(
            of: Int32.self, bufferingPolicy: .bufferingNewest(Self.bufferLimit))
        self.arrivals = arrivals
        sources = Sources(
            numbers.map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number)
                source.setEventHandler { arriving.yield(number) }
                source.activate()
                return source
            })
    }

    /// Stops the process as ^Z asks, and returns when it goes on.
    static func stop() {
        raise(SIGSTOP)
    }
}
