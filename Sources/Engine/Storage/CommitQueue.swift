public import DequeModule
public import Locking

/// The queue of writes that wait for the writers of a store. Writes that are queued during the present commits share
/// the next commit.
///
///     caller A ─┐                     ┌─▶ writer 0: A, B ─▶ commit
///     caller B ─┼─▶ queue ─▶ batches ─┤
///     caller C ─┘                     └─▶ writer 1: C    ─▶ commit
///
/// A writer is idle or at work. An entry starts an idle writer, whose thread takes batches until one is empty:
///
///     if let writer = try queue.add(entry) { threads[writer].async { drain(writer) } }
///
///     func drain(_ writer: Int) {
///         while case let batch = queue.take(for: writer), !batch.isEmpty { commit(batch) }
///     }
///
/// A writer finds the queue empty and becomes idle under one acquisition of the lock. So no entry is left in the queue
/// while all writers are idle. Entries are taken in the order in which they were added. With several writers, a later
/// batch may commit before an earlier one.
///
/// The methods are inlinable so that each store gets a specialised queue, because every write passes through it.
public final class CommitQueue<Entry: Sendable>: Sendable {
    @usableFromInline struct State: Sendable {
        @usableFromInline var entries: Deque<Entry> = []
        /// The indices of idle writers.
        @usableFromInline var idle: [Int]

        @usableFromInline init(idle: [Int]) {
            self.idle = idle
        }
    }

    @usableFromInline let state: Locked<State>
    @usableFromInline let writers: Int
    /// The maximum number of queued entries.
    public let limit: Int
    /// The maximum number of entries in a batch.
    public let batchLimit: Int

    /// Creates a queue for `writers` idle writers, numbered from 0.
    public init(writers: Int = 1, limit: Int = 20_000, batchLimit: Int = 256) {
        self.writers = writers
        state = Locked(State(idle: Array((0..<writers).reversed())))
        self.limit = limit
        self.batchLimit = batchLimit
    }

    /// The number of queued entries.
    @inlinable public var count: Int { state.withLock { $0.entries.count } }

    /// Adds an entry. Returns the index of an idle writer, which the caller must start, or `nil` if `atWork` writers or
    /// all are at work. Throws `unavailable` if the queue is full; the entry is not added then.
    @inlinable
    public func add(_ entry: Entry, atWork most: Int = .max) throws(StorageError) -> Int? {
        let (isFull, starts) = state.withLock { state -> (Bool, Int?) in
            guard state.entries.count < limit else { return (true, nil) }
            state.entries.append(entry)
            return (false, writers - state.idle.count < most ? state.idle.popLast() : nil)
        }
        if isFull { throw StorageError(.unavailable, "the database cannot keep up: \(limit) writes wait") }
        return starts
    }

    /// Returns the index of an idle writer, which the caller must start, if entries are queued and fewer than `atWork`
    /// writers are at work. Needed only after `atWork` has become larger.
    @inlinable
    public func start(atWork most: Int = .max) -> Int? {
        state.withLock { state in
            !state.entries.isEmpty && writers - state.idle.count < most ? state.idle.popLast() : nil
        }
    }

    /// Removes and returns the oldest entries, at most ``batchLimit``; none if `atWork` other writers are at work.
    ///
    /// After an empty batch the writer is idle. It must not take again until ``add(_:atWork:)`` or ``start(atWork:)``
    /// returns its index.
    @inlinable
    public func take(for writer: Int, atWork most: Int = .max) -> [Entry] {
        state.withLock { state in
            let others = writers - state.idle.count - 1
            let count = others < most ? min(state.entries.count, batchLimit) : 0
            let batch = Array(state.entries.prefix(count))
            state.entries.removeFirst(count)
            if batch.isEmpty { state.idle.append(writer) }
            return batch
        }
    }
}
