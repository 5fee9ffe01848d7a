internal import CCurl
internal import Locking

/// Wakes the client's thread from its poll.
///
/// `curl_multi_wakeup` may be called from any thread, but not while the handle is being cleaned up. One lock therefore
/// guards both calls. The wakeup itself only writes to a pipe.
struct WakeSignal: Sendable {
    private struct Handle: @unchecked Sendable {
        var multi: OpaquePointer?
        var wasSentEarly = false
    }

    private let handle = Locked(Handle())

    /// Makes the thread read its mailbox.
    func send() {
        handle.withLock { handle in
            if let multi = handle.multi {
                _ = curl_multi_wakeup(UnsafeMutableRawPointer(multi))
            } else {
                handle.wasSentEarly = true
            }
        }
    }

    /// Stores the handle of the thread. Called by the thread.
    func attach(_ multi: UnsafeMutableRawPointer) {
        handle.withLock { handle in
            handle.multi = OpaquePointer(multi)
            if handle.wasSentEarly { _ = curl_multi_wakeup(multi) }
        }
    }

    /// Removes the handle, before the thread cleans it up.
    func detach() {
        handle.withLock { $0.multi = nil }
    }
}
