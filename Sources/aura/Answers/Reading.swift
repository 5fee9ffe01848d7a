import AuraModel
import JSON

/// The daemon's answers as the command line reads them.
///
/// They mirror the views of `AuraAPI`, with text where those have closed enumerations, and only with what is shown:
/// a daemon that is newer than this program may know phases, states and events that it does not, and those are still
/// to be shown.
enum Answer {
    /// Reads an answer. Throws a ``Complaint`` that names the member that does not fit.
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

/// Why something did not succeed.
struct FailureAnswer: Sendable, Hashable, Decodable {
    var `class`: String
    var code: String
    var message: String
    var correlationId: String?
}

/// What an operation answers, and `status.get`, which may have no job.
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
