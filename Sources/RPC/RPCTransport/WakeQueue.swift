internal import Locking
internal import NIOCore

/// The handlers of one event loop that have work. To wake a thousand of them, the loop is woken once.
final class WakeQueue: Sendable {
    private let loop: any EventLoop
    /// Runs tasks on the loop.
    let executor: LoopExecutor
    private let waiting = Locked<[HandlerReference]>([])

    init(_ loop: any EventLoop) {
        self.loop = loop
        executor = LoopExecutor(loop)
    }

    /// Schedules a call of the handler's ``ConnectionHandler/wake()`` on the loop.
    func add(_ handler: HandlerReference) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(handler)
            return waiting.count == 1
        }
        guard isFirst else { return }
        loop.execute { [self] in
            let due = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for handler in due { handler.present?.wake() }
        }
    }
}

/// Runs tasks on an event loop.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// The wake queues of the event loops of a group.
final class WakeQueues: Sendable {
    private let queues = Locked<[ObjectIdentifier: WakeQueue]>([:])

    func queue(of loop: any EventLoop) -> WakeQueue {
        queues.withLock { queues in
            if let queue = queues[ObjectIdentifier(loop)] { return queue }
            let queue = WakeQueue(loop)
            queues[ObjectIdentifier(loop)] = queue
            return queue
        }
    }
}

/// Reaches a handler from other threads until its channel has closed.
struct HandlerReference: Sendable {
    private let box: NIOLoopBoundBox<ConnectionHandler?>

    init(_ loop: any EventLoop) {
        box = NIOLoopBoundBox.makeEmptyBox(eventLoop: loop)
    }

    /// The handler. Read it on its event loop.
    var present: ConnectionHandler? { box.value }

    func set(_ handler: ConnectionHandler) {
        box.value = handler
    }

    func clear() {
        box.value = nil
    }

    func run(_ body: @escaping @Sendable (ConnectionHandler) -> Void) {
        box.eventLoop.execute { [box] in
            if let handler = box.value { body(handler) }
        }
    }
}
