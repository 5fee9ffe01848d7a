internal import CCurl
internal import Locking

/// Wakes the thread out of its poll.
///
/// `curl_multi_wakeup` may be called from any thread, but not on a handle that is being cleaned up: so both happen
/// under one lock, and the call itself only writes to a pipe.
struct Bell: Sendable {
    private struct Handle: @unchecked Sendable {
        var multi: OpaquePointer?
        var rangEarly = false
    }

    private let handle = Locked(Handle())

    /// Makes the thread look into its mailbox.
    func ring() {
        handle.withLock { handle in
            if let multi = handle.multi {
                _ = curl_multi_wakeup(UnsafeMutableRawPointer(multi))
            } else {
                handle.rangEarly = true
            }
        }
    }

    /// The thread has its handle.
    func attach(_ multi: UnsafeMutableRawPointer) {
        handle.withLock { handle in
            handle.multi = OpaquePointer(multi)
            if handle.rangEarly { _ = curl_multi_wakeup(multi) }
        }
    }

    /// The thread is about to clean its handle up.
    func detach() {
        handle.withLock { $0.multi = nil }
    }
}
