// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSON

extension AccessDenyResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("key", key)
        }
    }
}

extension AccessListResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("roles", roles)
            json.member("scopes", scopes)
        }
    }
}

extension AuditCheckpointResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("seq", seq)
            json.member("checkpoint", checkpoint)
        }
    }
}

extension AuditEntryView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("seq", seq)
            json.member("hash", hash)
            json.member("at", at)
            json.member("principal", principal)
            json.member("proof", proof)
            json.member("token", token)
            json.member("peer", peer)
            json.member("method", method)
            json.member("tenant", tenant)
            json.member("object", object)
            json.member("change", change)
            json.member("outcome", outcome)
            json.member("parameters", parameters)
        }
    }
}

extension AuditEraseResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("erased", erased)
            json.member("next", next)
        }
    }
}

extension AuditExportResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("lines", lines)
            json.member("next", next)
        }
    }
}

extension AuditListResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("entries", entries)
            json.member("next", next)
            json.member("unreadable", unreadable)
        }
    }
}

extension AuditProof: JSONWritable {}

extension AuditVerifyResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("consistent", consistent)
            json.member("proofs", proofs)
            json.member("floor", floor)
            json.member("head", head)
            json.member("hash", hash)
            json.member("erased", erased)
            json.member("events", events)
            json.member("eventsPruned", eventsPruned)
            json.member("fault", fault)
            json.member("remark", remark)
        }
    }
}

extension Bookmark: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("type", type)
            json.member("seq", seq)
        }
    }
}

extension EventView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("seq", seq)
            json.member("at", at)
            json.member("type", type)
            json.member("tenant", tenant)
            json.member("instance", instance)
            json.member("job", job)
            json.member("change", change)
            json.member("principal", principal)
            json.member("phase", phase)
            json.member("step", step)
            json.member("progress", progress)
            json.member("message", message)
            json.member("data", data)
        }
    }
}

extension ExplainResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("job", job)
            json.member("summary", summary)
            json.member("next", next)
            json.member("waits", waits)
            json.member("resources", resources)
            json.member("unseen", unseen)
        }
    }
}

extension FailureView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("class", `class`)
            json.member("code", code)
            json.member("message", message)
            json.member("correlationId", correlationId)
        }
    }
}

extension HealthResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("ok", ok)
            json.member("oldest", oldest)
            json.member("head", head)
            json.member("jobsRunning", jobsRunning)
            json.member("reason", reason)
        }
    }
}

extension InfoResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("name", name)
            json.member("version", version)
            json.member("installation", installation)
            json.member("startedAt", startedAt)
            json.member("database", database)
            json.member("regions", regions)
            json.member("sizes", sizes)
        }
    }
}

extension InstallationSecretView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("name", name)
            json.member("version", version)
            json.member("createdAt", createdAt)
            json.member("updatedAt", updatedAt)
        }
    }
}

extension InstanceView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("id", id)
            json.member("name", name)
            json.member("tenant", tenant)
            json.member("kind", kind)
            json.member("desired", desired)
            json.member("phase", phase)
            json.member("region", region)
            json.member("size", size)
            json.member("generation", generation)
            json.member("change", change)
            json.member("server", server)
            json.member("tailnet", tailnet)
            json.member("agentVersion", agentVersion)
            json.member("failure", failure)
            json.member("createdAt", createdAt)
            json.member("updatedAt", updatedAt)
            json.member("runningAt", runningAt)
            json.member("destroyedAt", destroyedAt)
        }
    }
}

extension JobView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("id", id)
            json.member("kind", kind)
            json.member("instance", instance)
            json.member("tenant", tenant)
            json.member("change", change)
            json.member("principal", principal)
            json.member("state", state)
            json.member("attempt", attempt)
            json.member("cancellation", cancellation)
            json.member("waitingFor", waitingFor)
            json.member("availableAt", availableAt)
            json.member("failure", failure)
            json.member("createdAt", createdAt)
            json.member("startedAt", startedAt)
            json.member("finishedAt", finishedAt)
            json.member("deadline", deadline)
            json.member("retryOf", retryOf)
            json.member("steps", steps)
        }
    }
}

extension JobListResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("jobs", jobs)
            json.member("next", next)
            json.member("unreadable", unreadable)
        }
    }
}

extension JobResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("job", job)
        }
    }
}

extension Limits: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("messageBytes", messageBytes)
            json.member("depth", depth)
            json.member("batchItems", batchItems)
            json.member("idBytes", idBytes)
            json.member("inFlightPerConnection", inFlightPerConnection)
            json.member("inFlightBytesPerConnection", inFlightBytesPerConnection)
            json.member("inFlight", inFlight)
            json.member("inFlightBytes", inFlightBytes)
            json.member("inFlightPatienceMs", inFlightPatienceMs)
            json.member("connections", connections)
            json.member("connectionsKept", connectionsKept)
            json.member("connectionsPerUser", connectionsPerUser)
            json.member("connectionsPerAddress", connectionsPerAddress)
            json.member("connectionsPerPrincipal", connectionsPerPrincipal)
            json.member("subscriptionsPerConnection", subscriptionsPerConnection)
            json.member("subscriptionsPerUser", subscriptionsPerUser)
            json.member("subscriptionsPerPrincipal", subscriptionsPerPrincipal)
            json.member("inFlightBytesPerPrincipal", inFlightBytesPerPrincipal)
            json.member("subscriptions", subscriptions)
            json.member("outboundQueueBytes", outboundQueueBytes)
        }
    }
}

extension LimitsResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("limits", limits)
        }
    }
}

extension OperationResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("instance", instance)
            json.member("job", job)
            json.member("subscription", subscription)
        }
    }
}

extension PingResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("pong", pong)
        }
    }
}

extension PrincipalView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("id", id)
            json.member("name", name)
            json.member("kind", kind)
            json.member("scopes", scopes)
            json.member("tenants", tenants)
            json.member("enabled", enabled)
            json.member("createdAt", createdAt)
            json.member("createdBy", createdBy)
        }
    }
}

extension PrincipalListResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("principals", principals)
        }
    }
}

extension PrincipalResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("principal", principal)
        }
    }
}

extension Proof: JSONWritable {}

extension ReconcileAction: JSONWritable {}

extension ReconcileFinding: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("verdict", verdict)
            json.member("kind", kind)
            json.member("id", id)
            json.member("name", name)
            json.member("instance", instance)
            json.member("action", action)
            json.member("reason", reason)
            json.member("since", since)
        }
    }
}

extension ReconcileListing: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("kind", kind)
            json.member("count", count)
            json.member("believed", believed)
            json.member("failure", failure)
        }
    }
}

extension ReconcileReport: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("startedAt", startedAt)
            json.member("tookMs", tookMs)
            json.member("dryRun", dryRun)
            json.member("listings", listings)
            json.member("owned", owned)
            json.member("busy", busy)
            json.member("findings", findings)
        }
    }
}

extension ReconcileVerdict: JSONWritable {}

extension ResourceView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("kind", kind)
            json.member("id", id)
            json.member("name", name)
            json.member("state", state)
            json.member("ours", ours)
        }
    }
}

extension Role: JSONWritable {}

extension RoleScopes: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("role", role)
            json.member("scopes", scopes)
        }
    }
}

extension SecretView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("tenant", tenant)
            json.member("name", name)
            json.member("class", `class`)
            json.member("version", version)
            json.member("createdAt", createdAt)
            json.member("updatedAt", updatedAt)
        }
    }
}

extension SecretDeleteResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("tenant", tenant)
            json.member("name", name)
        }
    }
}

extension SecretListResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("secrets", secrets)
            json.member("next", next)
            json.member("unreadable", unreadable)
        }
    }
}

extension SecretResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("secret", secret)
        }
    }
}

extension SecretRevealResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("secret", secret)
            json.member("value", value)
        }
    }
}

extension Snapshot: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("type", type)
            json.member("seq", seq)
            json.member("instances", instances)
            json.member("complete", complete)
            json.member("unreadable", unreadable)
        }
    }
}

extension StatusGetResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("instance", instance)
            json.member("job", job)
        }
    }
}

extension StatusListResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("instances", instances)
            json.member("next", next)
            json.member("unreadable", unreadable)
        }
    }
}

extension StepView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("name", name)
            json.member("state", state)
            json.member("phase", phase)
            json.member("expectedSeconds", expectedSeconds)
            json.member("attempt", attempt)
            json.member("externalId", externalId)
            json.member("startedAt", startedAt)
            json.member("finishedAt", finishedAt)
        }
    }
}

extension SubscribeResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("subscription", subscription)
            json.member("head", head)
            json.member("epoch", epoch)
            json.member("instance", instance)
        }
    }
}

extension SubscriptionEndReason: JSONWritable {}

extension SubscriptionEnded: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("type", type)
            json.member("reason", reason)
            json.member("seq", seq)
        }
    }
}

extension TenantView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("id", id)
            json.member("enabled", enabled)
            json.member("quota", quota)
            json.member("createdAt", createdAt)
            json.member("createdBy", createdBy)
        }
    }
}

extension TenantListResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("tenants", tenants)
        }
    }
}

extension TenantQuotaView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("liveInstances", liveInstances)
            json.member("jobsInFlight", jobsInFlight)
            json.member("callsPerMinute", callsPerMinute)
            json.member("mutationsPerMinute", mutationsPerMinute)
            json.member("tokens", tokens)
            json.member("secrets", secrets)
        }
    }
}

extension TenantResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("tenant", tenant)
        }
    }
}

extension TokenView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("id", id)
            json.member("name", name)
            json.member("key", key)
            json.member("principal", principal)
            json.member("scopes", scopes)
            json.member("tenants", tenants)
            json.member("notBefore", notBefore)
            json.member("expires", expires)
            json.member("revokedAt", revokedAt)
            json.member("createdAt", createdAt)
            json.member("createdBy", createdBy)
            json.member("lastUsedAt", lastUsedAt)
        }
    }
}

extension TokenCreateResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("token", token)
            json.member("text", text)
        }
    }
}

extension TokenExplainResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("valid", valid)
            json.member("reason", reason)
            json.member("token", token)
            json.member("restrictions", restrictions)
            json.member("scopes", scopes)
            json.member("tenants", tenants)
        }
    }
}

extension TokenListResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("tokens", tokens)
            json.member("next", next)
        }
    }
}

extension TokenResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("token", token)
        }
    }
}

extension UnseenView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("kind", kind)
            json.member("reason", reason)
        }
    }
}

extension UnsubscribeResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("ended", ended)
        }
    }
}

extension VaultDeleteResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("name", name)
        }
    }
}

extension VaultImportLeft: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("place", place)
            json.member("name", name)
            json.member("deletable", deletable)
            json.member("reason", reason)
        }
    }
}

extension VaultImportResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("imported", imported)
            json.member("present", present)
            json.member("deleted", deleted)
            json.member("left", left)
            json.member("leftCount", leftCount)
        }
    }
}

extension VaultKeyView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("id", id)
            json.member("inKeyFile", inKeyFile)
            json.member("versions", versions)
            json.member("tokens", tokens)
        }
    }
}

extension VaultSetResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("secret", secret)
        }
    }
}

extension VaultStatusResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("currentKey", currentKey)
            json.member("keys", keys)
            json.member("secrets", secrets)
            json.member("outside", outside)
        }
    }
}

extension WaitView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("for", `for`)
            json.member("until", until)
            json.member("seconds", seconds)
            json.member("attempt", attempt)
            json.member("blockedBy", blockedBy)
        }
    }
}

extension WhoAmIResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("principal", principal)
            json.member("proof", proof)
            json.member("scopes", scopes)
            json.member("tenants", tenants)
            json.member("instances", instances)
        }
    }
}
