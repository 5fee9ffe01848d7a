internal import JSON

/// The read side of a connection: receives bytes, and produces calls and replies. The write side is the ``Session``.
///
/// The transport owns this value and uses it from one thread at a time. After each method call, the transport writes
/// ``Session/takeOutput()``. It continues to read unless ``isBlocked`` is true.
public struct ConnectionReader: Sendable {
    private let router: Router
    private let session: Session
    private let decoder: MessageDecoder
    private var framer: MessageFramer
    /// Replies since the last flush. They are collected so that one read takes the session's lock once.
    private var replies: [UInt8] = []
    /// The precomputed replies of a batch that has not arrived completely.
    private var begun = PrecomputedReplies.BatchReply()
    /// A message that waits until calls in flight have ended.
    private var parked: Inbound? {
        didSet { isParked = parked != nil }
    }
    /// The bytes of the parked message, or of the long message that a task decodes.
    private var pendingBytes = 0
    /// True after a call was refused because it had waited for `inFlightPatienceMs`. Further calls over the limits are
    /// then refused at once, until a call fits the limits again.
    private var refusesAtOnce = false
    /// True while a task decodes a long message. Later messages wait.
    private var isDecoding = false

    /// Longer messages are decoded in a task, because the other connections of the event loop wait during the decoding.
    /// One mebibyte of small values takes hundreds of milliseconds.
    private static let shortMessageBytes = 4096
    /// The longest message that can get a precomputed reply. The limit is higher than ``shortMessageBytes``, because
    /// such a reply needs little time.
    private static let knownMessageBytes = 16 << 10
    private var isStopped = false
    /// False until the first message of a strict stream has proved to be JSON.
    private var isProven: Bool
    /// True if replies are sent in binary frames, because the last message came in one.
    private var isBinary = false
    /// The rights with which `copiesKnown` was computed.
    private var knownRights: Rights?
    /// True if the caller may have every precomputed reply.
    private var copiesKnown = false
    /// True until the client has shown a proof. The limits of the connection are narrow until then.
    private var awaitsProof = false
    /// The value of `isBlocked` that was last passed to the session.
    private var isAwaited = false

    /// Creates the reader of a connection.
    public init(router: Router, session: Session, framing: Framing = .stream) {
        self.router = router
        self.session = session
        decoder = MessageDecoder(limits: session.limits)
        framer = MessageFramer(limit: session.limits.messageBytes, framing: framing)
        isProven = framing != .strictStream
        if framing == .webSocket { session.frame(as: .webSocket) }
        followCaller()
    }

    /// True if the transport must not read until ``pump()`` has cleared this flag. The client is slowed down, not
    /// refused.
    public private(set) var isBlocked = false

    /// True if a call waits for calls in flight to end. After `inFlightPatienceMs` the transport calls
    /// ``parkedTimedOut()``.
    // Stored, because reading `parked` would copy the message.
    public private(set) var isParked = false

    /// True if a line without line end may be a complete message. After `silenceMs` without a byte, the transport calls
    /// ``fallSilent()``.
    public private(set) var awaitsSilence = false

    /// The silence in milliseconds after which a message without line end is read.
    public static let silenceMs = 5

    /// The code with which the WebSocket must be closed now, or `nil`. Later input is not read.
    public private(set) var closeCode: WebSocketCloseCode?

    /// True if the first message of a ``Framing/strictStream`` was not JSON or had broken framing. The transport must
    /// close the connection and write nothing.
    public private(set) var isForeign = false

    /// True after the first complete message of a strict stream. The transport limits the time until then. Always true
    /// for other framings.
    public var hasSpoken: Bool { isProven }

    private var isHeldUp: Bool { isParked || isDecoding }

    /// Receives bytes that were read. With the framing ``Framing/whole`` they are one message.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        guard !isStopped, closeCode == nil else { return }
        if awaitsProof { followCaller() }
        framer.append(bytes)
        if !isProven, framer.isForeign { return turnAway() }
        if framer.saysLengths { session.frame(as: .lengthHeaders) }
        pump()
    }

    /// Records that the client has ended its input. A last line without line end counts as a message.
    public mutating func endInput() {
        framer.finish()
        if !isForeign { pump() }
    }

    /// Drops all input and the collected replies, because the stream belongs to another protocol.
    private mutating func turnAway() {
        isForeign = true
        isStopped = true
        replies = []
        framer = MessageFramer(limit: session.limits.messageBytes)
        framer.finish()
    }

    /// Stops reading on shutdown of the daemon. Unread input and a message that waits or is being decoded get no reply.
    public mutating func stop() {
        isStopped = true
        parked = nil
        isDecoding = false
        framer = MessageFramer(limit: session.limits.messageBytes)
        framer.finish()
        pump()
    }

    /// Continues with received input as far as the limits of calls in flight and of the outbound queue allow.
    public mutating func pump() {
        // A direct write may have made space without a wake.
        repeat { advance() } while isBlocked && !isHeldUp && room > 0
        guard isBlocked != isAwaited else { return }
        isAwaited = isBlocked
        session.hold(input: isBlocked)
        // Space that was made before `hold(input:)` caused no wake.
        if isBlocked { advance() }
    }

    /// The number of reply bytes that can still be queued before the reader must wait for the client.
    private var room: Int {
        let most = session.limits.outboundLowWaterBytes
        return (awaitsProof ? min(session.limits.unprovenMessageBytes, most) : most) - session.queuedBytes
    }

    /// The number of calls that can be in flight.
    private var callLimit: Int {
        awaitsProof ? RPCLimits.unprovenInFlight : session.limits.inFlightPerConnection
    }

    /// Applies a change of the caller: its limits, and whether precomputed replies are copied.
    private mutating func followCaller() {
        let principal = session.principal
        guard principal.rights !== knownRights || principal.awaitsProof != awaitsProof else { return }
        knownRights = principal.rights
        awaitsProof = principal.awaitsProof
        copiesKnown = !awaitsProof && router.known.areOpen(to: principal.rights)
        begun = PrecomputedReplies.BatchReply()
        framer.limit = messageLimits.messageBytes
    }

    /// The limits of the connection for its next message.
    private var messageLimits: RPCLimits {
        var limits = session.limits
        if awaitsProof { limits.messageBytes = min(limits.messageBytes, limits.unprovenMessageBytes) }
        return limits
    }

    private mutating func advance() {
        var room = room
        awaitsSilence = false
        if isParked, let message = parked, session.hasRoom(for: router.cost(of: message, pendingBytes), most: callLimit)
        {
            parked = nil
            take(message, pendingBytes)
        }
        if isDecoding, let message = session.takeDecoded() {
            isDecoding = false
            takeOrPark(message, pendingBytes)
        }
        while !isHeldUp, replies.count < room {
            answerKnown(room)
            guard let frame = framer.next() else {
                framer.withUnfinished { unfinished in
                    if copiesKnown { router.known.begin(&begun, unfinished, session.limits) }
                    awaitsSilence = Self.endsAsAMessage(unfinished)
                }
                break
            }
            begun = PrecomputedReplies.BatchReply()
            take(frame)
            if case .ping = frame { room = self.room }
        }
        isBlocked = isHeldUp || replies.count >= room
        flush()
        if !isBlocked { framer.trim() }
        if framer.hasFinished, !isHeldUp { session.didEndInput() }
    }

    /// Returns true if the text may be complete. Checks only its last 64 bytes, since it is called for each piece of a
    /// long message.
    private static func endsAsAMessage(_ text: UnsafeRawBufferPointer) -> Bool {
        let last = text.suffix(64).last { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
        return last == UInt8(ascii: "}") || last == UInt8(ascii: "]")
    }

    /// Handles a line that is a complete JSON value as a message, although the client has not sent a line end.
    ///
    /// Several widely used clients never send a line end and wait for the reply.
    public mutating func fallSilent() {
        guard awaitsSilence, !isBlocked, !isForeign else { return }
        guard framer.endWholeValue() else {
            // The text is checked again after more bytes have arrived.
            awaitsSilence = false
            return
        }
        pump()
    }

    /// Replies to the next messages, up to the first without a precomputed reply.
    private mutating func answerKnown(_ room: Int) {
        followCaller()
        guard copiesKnown else { return }
        // Moved to local variables, because `framer` is accessed exclusively at the same time.
        var answered: [UInt8] = []
        var begun = PrecomputedReplies.BatchReply()
        swap(&answered, &replies)
        swap(&begun, &self.begun)
        let (known, limits) = (router.known, session.limits)
        var tookOne = false
        framer.take { message in
            guard answered.count < room, message.count - begun.position <= Self.knownMessageBytes,
                known.answer(message, limits, begun: &begun, to: &answered)
            else { return false }
            if begun.items > 0 { begun = PrecomputedReplies.BatchReply() }
            tookOne = true
            return true
        }
        if tookOne { isProven = true }
        swap(&answered, &replies)
        swap(&begun, &self.begun)
    }

    /// Refuses the parked call after its time limit and continues with the next message.
    public mutating func parkedTimedOut() {
        guard let message = parked else { return }
        parked = nil
        refusesAtOnce = true
        refuse(message, pendingBytes)
        pump()
    }

    private mutating func take(_ frame: Frame) {
        switch frame {
        case .broken where !isProven: turnAway()
        case .broken(let reason):
            let why = "cannot tell where a message ends, \(reason)"
            reply(.null, .failure(RPCError(.parseError, why, data: ["reason": "brokenFraming", "position": 0])))
            flush()
            session.close()
        case .ping(let data):
            flush()
            session.send(frame: framer.withBytes(of: data) { WebSocketFrames.pong($0) })
        case .close(let code): closeCode = code
        case .tooLong(let count):
            let id = framer.withOverlong { EnvelopeIDs.readable(in: $0) } ?? .null
            reply(id, .failure(.messageTooLarge(messageLimits, actual: count)))
        case .message(let range):
            if framer.isBinary != isBinary { changeFrames() }
            guard range.count > Self.shortMessageBytes else {
                return takeOrPark(framer.withBytes(of: range) { decoder.decode($0) }, range.count)
            }
            if let refusal = framer.withBytes(of: range, { session.decode($0, with: decoder) }) {
                return reply(.null, .failure(refusal))
            }
            isDecoding = true
            pendingBytes = range.count
        }
    }

    /// Flushes queued replies in the previous kind of frame, then switches to the kind of the last message.
    private mutating func changeFrames() {
        flush()
        isBinary = framer.isBinary
        session.frame(as: isBinary ? .webSocketBinary : .webSocket)
    }

    private mutating func takeOrPark(_ message: Inbound, _ bytes: Int) {
        if case .single(.request(let request)) = message, answerAtOnce(request, bytes) { return }
        let cost = router.cost(of: message, bytes)
        if cost.calls == 0 { return take(message, bytes) }
        if session.hasRoom(for: cost, most: callLimit) {
            refusesAtOnce = false
            take(message, bytes)
        } else if refusesAtOnce {
            refuse(message, bytes)
        } else {
            parked = message
            pendingBytes = bytes
        }
    }

    private mutating func take(_ message: Inbound, _ bytes: Int) {
        if case .notJSON = message, !isProven { return turnAway() }
        isProven = true
        // A batch is several calls at once.
        if awaitsProof, case .batch(let items) = message { return refuse(items, .withoutProof) }
        let cost = router.cost(of: message, bytes)
        // A call of the message may change the payer.
        let payer = session.payer
        if let refusal = session.admit(cost, of: payer) { return refuse(message, refusal) }
        switch message {
        case .refused(let id, let error), .notJSON(let id, let error): reply(id, .failure(error))
        case .single(.invalid(let id, let error)): reply(id, .failure(error))
        case .single(.request(let request)): take(request, cost, of: payer)
        case .batch(let items): take(items, bytes: bytes / max(cost.calls, 1), of: payer)
        }
    }

    private mutating func reply(_ id: RPCID, _ outcome: Outcome) {
        ReplyWriter.append(id, outcome, to: &replies)
        replies.append(UInt8(ascii: "\n"))
    }

    private mutating func flush() {
        guard !replies.isEmpty else { return }
        session.queue(lines: replies)
        if replies.capacity > 1024 { replies = [] } else { replies.removeAll(keepingCapacity: true) }
    }
}

// MARK: - Single calls

extension ConnectionReader {
    private mutating func take(_ request: Request, _ cost: CallBudget.Cost, of payer: CallBudget.Payer) {
        // The router refuses the calls that reach a method, so that they can be recorded.
        if awaitsProof, router.methods[request.method] == nil || request.outOfRange != nil {
            if let id = request.id { reply(id, .failure(.withoutProof)) }
            return
        }
        guard let method = router.methods[request.method] else {
            if let outcome = outcomeWithoutMethod(request), let id = request.id { reply(id, outcome) }
            return
        }
        if let path = request.outOfRange {
            if let id = request.id { reply(id, .failure(.outOfRange(path))) }
            return
        }
        guard case .immediate(let handler) = method.body else {
            flush()
            return session.start(request, method, router, cost: cost, of: payer, slot: nil)
        }
        if method.holdsEvents { session.hold() }
        let outcome = router.outcome(of: handler, request.params, context(request, method))
        if let id = request.id { reply(id, outcome) }
        guard method.holdsEvents || outcome.afterReply != nil else { return }
        flush()
        outcome.afterReply?()
        if method.holdsEvents { session.release(1) }
    }

    /// Handles a call whose method may answer without waiting, and replies if it does. Returns false if the call must
    /// take the usual way: its method always waits, or it must itself wait for earlier calls.
    private mutating func answerAtOnce(_ request: Request, _ bytes: Int) -> Bool {
        guard request.outOfRange == nil, !awaitsProof, let method = router.methods[request.method],
            let handler = method.atOnce, session.mayAnswerAtOnce(method, bytes: bytes)
        else { return false }
        isProven = true
        refusesAtOnce = false
        let call = router.enter(context(request, method), request.params)
        if let outcome = router.outcome(atOnce: handler, request.params, call) {
            if let id = request.id { reply(id, outcome) }
            return true
        }
        let (cost, payer) = (method.cost(bytes: bytes), session.payer)
        if let refusal = session.admit(cost, of: payer) {
            router.leave(call, .failure(refusal))
            if let id = request.id { reply(id, .failure(refusal)) }
        } else {
            flush()
            session.start(request, method, router, cost: cost, of: payer, slot: nil, entered: call)
        }
        return true
    }

    /// Returns the outcome of a request whose method is not registered. Carries out `$/cancelRequest`; every other
    /// request fails with `methodNotFound`.
    private func outcomeWithoutMethod(_ request: Request) -> Outcome? {
        guard request.method == Request.cancelMethod else { return .failure(router.methodNotFound(request.method)) }
        guard let id = request.cancels else {
            return .failure(RPCError(.invalidParams, "cannot cancel, params.id must name a call of this connection"))
        }
        session.cancelCall(id)
        return .success(Answer(json: .null))
    }

    private func context(_ request: Request, _ method: Method) -> RPCContext {
        RPCContext(session: session, method: method.properties, id: request.id)
    }

    private mutating func refuse(_ message: Inbound, _ bytes: Int) {
        let (limits, most) = (session.limits, callLimit)
        let (calls, inFlight) = (router.cost(of: message, bytes).calls, session.callsInFlight)
        let isOverBytes = inFlight + calls <= most
        refuse(
            message,
            isOverBytes
                ? .limit(
                    .tooManyInFlight,
                    "cannot take another call, too many bytes of calls of this connection are not answered yet",
                    limit: limits.inFlightBytesPerConnection, actual: session.bytesInFlight + bytes,
                    retryAfterMs: limits.inFlightPatienceMs)
                : .limit(
                    .tooManyInFlight,
                    "cannot take another call, \(most) of this connection are not answered yet",
                    limit: most, actual: inFlight + calls,
                    retryAfterMs: limits.inFlightPatienceMs))
    }

    private mutating func refuse(_ message: Inbound, _ error: RPCError) {
        switch message {
        case .single(.request(let request)):
            if let id = request.id { reply(id, .failure(error)) }
        case .batch(let items): refuse(items, error)
        case .refused, .notJSON, .single(.invalid): reply(.null, .failure(error))
        }
    }
}

// MARK: - Batches

extension ConnectionReader {
    /// Replies to each request of a batch with the same error. No request was executed.
    private mutating func refuse(_ items: [Item], _ error: RPCError) {
        let parts = items.compactMap { item in
            switch item {
            case .invalid(let id, let own): part(id, .failure(own))
            case .request(let request): part(request.id, .failure(error))
            }
        }
        guard !parts.isEmpty else { return }
        replies.append(UInt8(ascii: "["))
        replies.append(contentsOf: parts.joined(separator: [UInt8(ascii: ",")]))
        replies.append(contentsOf: Array("]\n".utf8))
    }

    /// Runs the immediate calls of a batch. Passes the batch to the session, which runs the suspending calls and queues
    /// the reply.
    ///
    /// Each suspending call counts for `bytes` in the budget.
    private mutating func take(_ items: [Item], bytes: Int, of payer: CallBudget.Payer) {
        var batch = SessionState.Batch(parts: [], missing: 0, holds: 0, afterReply: [])
        var waiting: [(Int, Request, Method)] = []
        for item in items {
            switch item {
            case .invalid(let id, let error): batch.parts.append(part(id, .failure(error)))
            case .request(let request):
                if let path = request.outOfRange, router.methods[request.method] != nil {
                    batch.parts.append(part(request.id, .failure(.outOfRange(path))))
                } else if let method = router.methods[request.method] {
                    if method.holdsEvents {
                        session.hold()
                        batch.holds += 1
                    }
                    if method.mayWait { waiting.append((batch.parts.count, request, method)) }
                    batch.parts.append(answer(request, method, &batch.afterReply))
                } else {
                    batch.parts.append(outcomeWithoutMethod(request).flatMap { part(request.id, $0) })
                }
            }
        }
        batch.missing = waiting.count
        flush()
        session.start(batch, waiting, router, bytes: bytes, of: payer)
    }

    private func answer(_ request: Request, _ method: Method, _ after: inout [@Sendable () -> Void]) -> [UInt8]? {
        guard case .immediate(let handler) = method.body else { return nil }
        let outcome = router.outcome(of: handler, request.params, context(request, method))
        if let afterReply = outcome.afterReply { after.append(afterReply) }
        return part(request.id, outcome)
    }

    private func part(_ id: RPCID?, _ outcome: Outcome) -> [UInt8]? {
        guard let id else { return nil }
        var bytes: [UInt8] = []
        ReplyWriter.append(id, outcome, to: &bytes)
        return bytes
    }
}
