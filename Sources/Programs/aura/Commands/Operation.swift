import AuraAPI
import AuraClient
import AuraModel
import JSONRPC

/// Runs `provision`, `suspend`, `resume`, `restart` or `destroy`: one call, and a watch if it is requested.
struct Operation<Parameters: KeyedParameters> {
    let method: RPCMethod<Parameters, OperationResult>
    let parameters: Parameters
    /// The purpose of the call, for the text of an error: `provision ada`.
    let purpose: String
    let options: OperationOptions

    func run(_ invocation: Invocation) async throws {
        let daemon = try await invocation.connect()
        let reply = try await daemon.call(method, parameters, purpose: purpose)
        if invocation.output.json { invocation.output.document(reply.json) }
        let result = try reply.value()
        guard options.watch else {
            if !invocation.output.json { invocation.output.line(line(result, invocation)) }
            return
        }
        let job = result.job
        if !invocation.output.isLive {
            invocation.output.note("job \(job.id) is \(job.state); ^C detaches, and it goes on")
        }
        let watch = Watch(
            subject: .job(job.id), start: .start, end: .terminal, reconnectSeconds: options.reconnecting.seconds)
        try await Watching(invocation: invocation, watch: watch, purpose: purpose)
            .run(on: daemon, instance: result.instance, job: job)
    }

    private func line(_ result: OperationResult, _ invocation: Invocation) -> Line {
        let job = result.job
        let command = invocation.command("watch --job \(job.id.text.shellQuoted)")
        return Line(result.instance.name, .bold)
            .appending(": \(job.kind) is \(job.state), follow it with: \(command)")
    }
}

extension Operation<InstanceOperationParameters> {
    /// Creates an operation on an existing instance, given by name or id.
    init(
        _ method: RPCMethod<InstanceOperationParameters, OperationResult>, on instance: String,
        _ options: OperationOptions
    ) {
        self.init(
            method: method,
            parameters: InstanceOperationParameters(
                instance: instance, tenant: options.tenant, idempotencyKey: options.idempotencyKey,
                change: options.change),
            purpose: "\(method.name) \(instance)", options: options)
    }
}
