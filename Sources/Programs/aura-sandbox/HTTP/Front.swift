import Locking
import NIOCore

/// The responders of all listeners, with the cloud behind its lock and the clock.
struct Front: Sendable {
    let cloud: Locked<Cloud>
    let clock: Clock
    /// Runs after each call that may have queued orders for real machines.
    let wake: @Sendable () -> Void

    /// The responder of the main listener, which serves all routes.
    var everything: Listener.Responder {
        { call, _ in
            let now = clock.now()
            let outcome = cloud.withLock { $0.handle(call, at: now) }
            if call.method != "GET" { wake() }
            return outcome
        }
    }

    /// The responder of the listener that real machines can reach. It serves only the control plane of the tailnet.
    var tailnetOnly: Listener.Responder {
        { call, _ in
            guard call.path.hasPrefix("/_sandbox/tailnet/") else {
                return Outcome(answer: .refusal(.tailnet(404, "no such path"), path: "/api/v2"))
            }
            let now = clock.now()
            return cloud.withLock { $0.handle(call, at: now) }
        }
    }

    /// The responder on the loopback addresses of simulated servers. It serves the health checks of their agents.
    var health: Listener.Responder {
        { call, local in
            guard let address = local?.ipAddress, isUp(address) else { return nil }
            return Outcome(answer: Self.healthAnswer(call))
        }
    }

    /// True if the agent at an address replies now.
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
