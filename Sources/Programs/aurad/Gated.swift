import Locking
import ServiceLifecycle

/// A service that starts once its gate is open, so that no job runs before the daemon can serve.
///
/// A graceful shutdown opens the gate as well. The service then starts and ends at once by itself.
struct Gated: Service {
    private let service: any Service
    private let gate = OneShot<Void>()

    init(_ service: any Service) {
        self.service = service
    }

    func open() { gate.set(()) }

    func run() async throws {
        await cancelWhenGracefulShutdown { await gate.value(whenCancelled: ()) }
        try await service.run()
    }
}
