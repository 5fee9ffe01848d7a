import CJobs
import Glibc

/// Runs all tasks on the fuzzer's one thread, in an order that the input chooses. So an input always has the same
/// result.
enum JobQueue {
    private enum Ready {
        case job(UnsafeMutableRawPointer)
        case turn(UnsafeContinuation<Void, Never>)
    }

    nonisolated(unsafe) private static var ready: [Ready] = []
    private static let thread = pthread_self()
    private static let isInstalled: Void = aura_fuzz_take_jobs { job in
        require(pthread_equal(pthread_self(), JobQueue.thread) != 0, "a job comes from another thread")
        if let job { JobQueue.ready.append(.job(job)) }
    }

    static func install() {
        _ = thread
        isInstalled
    }

    /// Lets other jobs run first. `Task.yield` would bypass the hook and use a thread of the runtime.
    static func yield() async {
        await withUnsafeContinuation { ready.append(.turn($0)) }
    }

    /// Runs one of the ready jobs. Returns false if no job is ready.
    @discardableResult
    static func runOne(_ choice: Int) -> Bool {
        guard !ready.isEmpty else { return false }
        switch ready.remove(at: choice % ready.count) {
        case .job(let job): aura_fuzz_run_job(job)
        case .turn(let continuation): continuation.resume()
        }
        return true
    }

    static func runAll() {
        while runOne(0) {}
    }
}
