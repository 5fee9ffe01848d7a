import AuraModel
import JSON

/// The daemon's replies as the command line reads them.
///
/// They mirror the views of `AuraAPI`, with text instead of closed enumerations, and only with the fields that the
/// program shows. The program can therefore show phases, states and events of a newer daemon that it does not know.
enum Answer {
    /// Decodes a reply. Throws a ``Complaint`` that names the invalid member.
    static func read<Value: Decodable>(_: Value.Type = Value.self, from json: JSONValue) throws -> Value {
        do {
            return try JSONValueDecoder(rootName: "result").decode(Value.self, from: json)
        } catch {
            throw Complaint(
                .unreadableAnswer,
                "cannot read the daemon's answer, \(error): use an aura of the daemon's version, or see --json")
        }
    }
}

/// The cause of a failure.
struct FailureAnswer: Sendable, Hashable, Decodable {
    var `class`: String
    var code: String
    var message: String
    var correlationId: String?
}

/// The result of an operation, or of `status.get`, which may have no job.
struct InstanceAndJob: Sendable, Hashable, Decodable {
    var instance: InstanceAnswer
    var job: JobAnswer?
}

struct InstanceList: Sendable, Decodable {
    var instances: [InstanceAnswer]
    var next: String?
}

struct JobEnvelope: Sendable, Decodable {
    var job: JobAnswer
}

struct JobList: Sendable, Decodable {
    var jobs: [JobAnswer]
    var next: String?
}

struct InfoAnswer: Sendable, Decodable {
    var name: String
    var version: String
    var installation: String
    var startedAt: Timestamp
    var database: String
    var regions: [String]
    var sizes: [String]
}
