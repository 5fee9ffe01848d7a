import Crypto

/// The key with which the executor of one lease of one job signs its callbacks.
///
/// It is derived from the installation's callback key `K`: `HKDF-SHA256(K, salt: empty, info: "aura/callback/1/" ‖ JOB ‖
/// "/" ‖ EPOCH)`. A later lease of the job has another key, so an executor that lost its lease can sign nothing.
public struct CallbackKey: Sendable {
    /// The id of the job.
    public let job: String
    /// The epoch of the lease.
    public let epoch: Int64
    /// The 32 bytes of the key, which the executor gets.
    public let bytes: [UInt8]

    /// Derives the key. Returns `nil` unless `installationKey` has 32 bytes, the job's id is 1 to 64 of `[A-Za-z0-9_-]`,
    /// and the epoch is not negative.
    public init?(installationKey: [UInt8], job: String, epoch: Int64) {
        guard installationKey.count == 32, CallbackHeader.isJob(job), epoch >= 0 else { return nil }
        self.job = job
        self.epoch = epoch
        bytes = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: installationKey), info: Array("aura/callback/1/\(job)/\(epoch)".utf8),
            outputByteCount: 32
        ).withUnsafeBytes { Array($0) }
    }

    /// Returns the value of ``CallbackHeader/field`` for a callback. `sequence` is greater than that of every earlier
    /// callback of this key, and `time` is in seconds since 1970.
    public func header(sequence: Int64, time: Int64, body: [UInt8]) -> String {
        precondition(sequence >= 0 && time >= 0, "the sequence and the time of a callback are not negative")
        let message = CallbackHeader.message(sequence: sequence, time: time, body: body)
        return CallbackHeader(
            job: job, epoch: epoch, sequence: sequence, time: time,
            signature: MessageKey(bytes: bytes).signature(message)
        ).text
    }

    /// Verifies a callback and returns its sequence. `last` is the sequence of the last accepted callback of this key,
    /// or `nil`. The caller must store the returned sequence in the transaction of the callback's effect.
    ///
    /// Throws ``SignatureError`` also if the header names another job or epoch, or if the sequence does not rise.
    public func verify(
        _ values: [String], body: [UInt8], now: Int64, after last: Int64?
    ) throws(SignatureError) -> Int64 {
        let header = try CallbackHeader(SignatureText.only(values))
        let message = CallbackHeader.message(sequence: header.sequence, time: header.time, body: body)
        let isSigned = MessageKey.verifies([header.signature], of: message, with: [MessageKey(bytes: bytes)])
        guard isSigned, header.job == job, header.epoch == epoch, last.map({ header.sequence > $0 }) ?? true,
            SignatureText.isCurrent(header.time, now: now, tolerance: SignatureText.tolerance)
        else { throw SignatureError() }
        return header.sequence
    }
}

extension CallbackKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The job and the epoch, for logs.
    public var description: String { "the callback key of job \(job), epoch \(epoch)" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Without children, so that `dump` does not show the bytes.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The value of `Aura-Callback`: `job=ID,epoch=N,n=SEQUENCE,t=TIME,v1=HEX`, with the parts in this order.
public struct CallbackHeader: Sendable, Hashable {
    /// The header field.
    public static let field = "aura-callback"

    /// The id of the job. It selects the key, and is not proved before the signature is verified.
    public let job: String
    /// The epoch of the lease.
    public let epoch: Int64
    /// The position of the callback among those of its key.
    public let sequence: Int64
    /// The time of the signature, in seconds since 1970.
    public let time: Int64
    let signature: [UInt8]

    init(job: String, epoch: Int64, sequence: Int64, time: Int64, signature: [UInt8]) {
        self.job = job
        self.epoch = epoch
        self.sequence = sequence
        self.time = time
        self.signature = signature
    }

    /// Parses a value. Throws for every other text.
    public init(_ text: String) throws(SignatureError) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let names = ["job=", "epoch=", "n=", "t=", "v1="]
        guard text.utf8.count <= SignatureText.lengthLimitBytes, parts.count == names.count,
            zip(parts, names).allSatisfy({ $0.0.hasPrefix($0.1) })
        else { throw SignatureError() }
        let values = zip(parts, names).map { $0.0.dropFirst($0.1.count) }
        guard Self.isJob(values[0]), let epoch = SignatureText.number(values[1]),
            let sequence = SignatureText.number(values[2]), let time = SignatureText.number(values[3]),
            let signature = SignatureText.hexadecimal(values[4])
        else { throw SignatureError() }
        self.init(job: String(values[0]), epoch: epoch, sequence: sequence, time: time, signature: signature)
    }

    /// The text. Parsing it gives the same value.
    public var text: String {
        "job=\(job),epoch=\(epoch),n=\(sequence),t=\(time),v1=\(SignatureText.hexadecimal(signature))"
    }

    static func isJob(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }

    static func message(sequence: Int64, time: Int64, body: [UInt8]) -> [UInt8] {
        Array("\(sequence).\(time).".utf8) + body
    }
}
