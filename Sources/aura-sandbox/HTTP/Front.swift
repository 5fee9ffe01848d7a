import Locking
import NIOCore

/// What the listeners answer from: the cloud behind its lock, and the clock.
struct Front: Sendable {
    let cloud: Locked<Cloud>
    let clock: Clock
    /// Called after each call that may have left orders for real machines.
    let wake: @Sendable () -> Void

    /// The main listener: everything.
    var everything: Listener.Responder {
        { call, _ in
            let now = clock.now()
            let outcome = cloud.withLock { $0.handle(call, at: now) }
            if call.method != "GET" { wake() }
            return outcome
        }
    }

    /// The listener that real machines reach: the tailnet's control plane and nothing else.
    var tailnetOnly: Listener.Responder {
        { call, _ in
            guard call.path.hasPrefix("/_sandbox/tailnet/") else {
                return Outcome(answer: .refusal(.tailnet(404, "no such path"), path: "/api/v2"))
            }
            let now = clock.now()
            return cloud.withLock { $0.handle(call, at: now) }
        }
    }

    /// The listener on the loopback addresses of servers that are rows: their agents' health.
    var health: Listener.Responder {
        { call, local in
            guard let address = local?.ipAddress, isUp(address) else { return nil }
            return Outcome(answer: Self.healthAnswer(call))
        }
    }

    /// Whether the agent at an address answers now.
    func isUp(_ address: String) -> Bool {
        let now = clock.now()
        return cloud.withLock { cloud in
            cloud.advance(to: now)
            return cloud.answers(at: address)
        }
    }

    private static func healthAnswer(_ call: Call) -> Answer {
        guard call.method == "GET" else { return Answer(405, ["ok": false]) }
        switch call.path {
        case "/healthz", "/health": return Answer(200, ["ok": true, "status": "live"])
        case "/startupz": return Answer(200, ["ok": true, "status": "started"])
        case "/readyz", "/ready": return Answer(200, ["ok": true, "ready": true])
        default: return Answer(404, ["ok": false])
        }
    }
}
