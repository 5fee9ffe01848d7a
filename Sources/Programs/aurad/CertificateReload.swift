import ServiceLifecycle
import TLS
import UnixSignals

/// Reads the daemon's certificate again at each SIGHUP.
struct CertificateReload: Service {
    let source: ContextSource

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            source.look(isForced: true)
        }
    }
}
