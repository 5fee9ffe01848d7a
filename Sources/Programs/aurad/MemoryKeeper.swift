import AuraModel
import CMalloc
import ServiceLifecycle

/// Returns memory to the system after a burst of calls or connections.
struct MemoryKeeper: Service {
    private let time: any TimeSource
    private let ebbs: AsyncStream<Void>
    private let ebb: AsyncStream<Void>.Continuation

    /// The wait after a burst, before memory is returned to the system. A return takes milliseconds, so there is one
    /// for all calls and connections that end during the wait.
    private static let pause = Duration.seconds(1)

    init(time: any TimeSource) {
        self.time = time
        (ebbs, ebb) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Reports that the calls, their bytes or the connections fell to a quarter of a peak. Returns at once.
    func noteEbb() {
        ebb.yield()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in ebbs {
                do {
                    try await time.sleep(for: Self.pause)
                } catch {
                    return
                }
                aura_trim_memory()
            }
        }
    }
}
