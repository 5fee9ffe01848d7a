// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSON

extension AccessDenyParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["key"])
        self.init(
            key: try members.required("key")
        )
    }
}

extension AuditEraseParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["entries", "tenant", "after"])
        self.init(
            entries: try members.optional("entries"),
            tenant: try members.optional("tenant"),
            after: try members.optional("after")
        )
    }
}

extension AuditExportParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["after", "limit"])
        self.init(
            after: try members.optional("after"),
            limit: try members.optional("limit")
        )
    }
}

extension AuditListParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["principal", "method", "from", "before", "after", "limit"])
        self.init(
            principal: try members.optional("principal"),
            method: try members.optional("method"),
            from: try members.optional("from"),
            before: try members.optional("before"),
            after: try members.optional("after"),
            limit: try members.optional("limit")
        )
    }
}

extension AuditVerifyParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["checkpoint"])
        self.init(
            checkpoint: try members.optional("checkpoint")
        )
    }
}

extension AuthenticateParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["token"])
        self.init(
            token: try members.required("token")
        )
    }
}

extension FilterParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["instance", "job", "tenant", "change", "types"])
        self.init(
            instance: try members.optional("instance"),
            job: try members.optional("job"),
            tenant: try members.optional("tenant"),
            change: try members.optional("change"),
            types: try members.optional("types")
        )
    }
}

extension InstanceOperationParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["instance", "tenant", "idempotencyKey", "change", "subscribe"])
        self.init(
            instance: try members.required("instance"),
            tenant: try members.optional("tenant"),
            idempotencyKey: try members.optional("idempotencyKey"),
            change: try members.optional("change"),
            subscribe: try members.optional("subscribe")
        )
    }
}

extension JobListParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(
            json, known: ["instance", "tenant", "change", "states", "after", "limit", "order"])
        self.init(
            instance: try members.optional("instance"),
            tenant: try members.optional("tenant"),
            change: try members.optional("change"),
            states: try members.optional("states"),
            after: try members.optional("after"),
            limit: try members.optional("limit"),
            order: try members.optional("order")
        )
    }
}

extension JobParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["job"])
        self.init(
            job: try members.required("job")
        )
    }
}

extension JobRetryParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["job", "idempotencyKey"])
        self.init(
            job: try members.required("job"),
            idempotencyKey: try members.optional("idempotencyKey")
        )
    }
}

extension JobWaitParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["job", "timeoutMs"])
        self.init(
            job: try members.required("job"),
            timeoutMs: try members.optional("timeoutMs")
        )
    }
}

extension LagPolicy: JSONReadable {}

extension ListOrder: JSONReadable {}

extension OperationSubscription: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["subscription", "maxEvents", "onLag"])
        self.init(
            subscription: try members.optional("subscription"),
            maxEvents: try members.optional("maxEvents"),
            onLag: try members.optional("onLag")
        )
    }
}

extension PrincipalCreateParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["name", "kind", "role", "scopes", "tenants"])
        self.init(
            name: try members.required("name"),
            kind: try members.optional("kind"),
            role: try members.optional("role"),
            scopes: try members.optional("scopes"),
            tenants: try members.optional("tenants")
        )
    }
}

extension PrincipalSetParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["principal", "role", "scopes", "tenants", "allTenants", "enabled"])
        self.init(
            principal: try members.required("principal"),
            role: try members.optional("role"),
            scopes: try members.optional("scopes"),
            tenants: try members.optional("tenants"),
            allTenants: try members.optional("allTenants"),
            enabled: try members.optional("enabled")
        )
    }
}

extension ProvisionParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(
            json, known: ["name", "region", "size", "tenant", "idempotencyKey", "change", "subscribe"])
        self.init(
            name: try members.required("name"),
            region: try members.required("region"),
            size: try members.required("size"),
            tenant: try members.optional("tenant"),
            idempotencyKey: try members.optional("idempotencyKey"),
            change: try members.optional("change"),
            subscribe: try members.optional("subscribe")
        )
    }
}

extension ReconcileParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["dryRun", "force"])
        self.init(
            dryRun: try members.optional("dryRun"),
            force: try members.optional("force")
        )
    }
}

extension Role: JSONReadable {}

extension SecretListParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["tenant", "after", "limit"])
        self.init(
            tenant: try members.optional("tenant"),
            after: try members.optional("after"),
            limit: try members.optional("limit")
        )
    }
}

extension SecretParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["name", "tenant"])
        self.init(
            name: try members.required("name"),
            tenant: try members.optional("tenant")
        )
    }
}

extension SecretSetParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["name", "value", "tenant", "class"])
        self.init(
            name: try members.required("name"),
            value: try members.required("value"),
            tenant: try members.optional("tenant"),
            class: try members.optional("class")
        )
    }
}

extension StatusGetParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["instance", "tenant"])
        self.init(
            instance: try members.required("instance"),
            tenant: try members.optional("tenant")
        )
    }
}

extension StatusListParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["tenant", "phases", "includeDestroyed", "after", "limit"])
        self.init(
            tenant: try members.optional("tenant"),
            phases: try members.optional("phases"),
            includeDestroyed: try members.optional("includeDestroyed"),
            after: try members.optional("after"),
            limit: try members.optional("limit")
        )
    }
}

extension SubscribeParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(
            json, known: ["filter", "from", "epoch", "until", "subscription", "maxEvents", "onLag"])
        self.init(
            filter: try members.optional("filter"),
            from: try members.optional("from"),
            epoch: try members.optional("epoch"),
            until: try members.optional("until"),
            subscription: try members.optional("subscription"),
            maxEvents: try members.optional("maxEvents"),
            onLag: try members.optional("onLag")
        )
    }
}

extension SubscriptionEnd: JSONReadable {}

extension TenantCreateParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["tenant", "quota"])
        self.init(
            tenant: try members.required("tenant"),
            quota: try members.optional("quota")
        )
    }
}

extension TenantQuotaView: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(
            json, known: ["liveInstances", "jobsInFlight", "callsPerMinute", "mutationsPerMinute", "tokens", "secrets"])
        self.init(
            liveInstances: try members.optional("liveInstances"),
            jobsInFlight: try members.optional("jobsInFlight"),
            callsPerMinute: try members.optional("callsPerMinute"),
            mutationsPerMinute: try members.optional("mutationsPerMinute"),
            tokens: try members.optional("tokens"),
            secrets: try members.optional("secrets")
        )
    }
}

extension TenantSetParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["tenant", "quota", "enabled"])
        self.init(
            tenant: try members.required("tenant"),
            quota: try members.optional("quota"),
            enabled: try members.optional("enabled")
        )
    }
}

extension TokenCreateParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(
            json, known: ["principal", "name", "scopes", "tenants", "notBefore", "expires", "restrictions"])
        self.init(
            principal: try members.required("principal"),
            name: try members.required("name"),
            scopes: try members.optional("scopes"),
            tenants: try members.optional("tenants"),
            notBefore: try members.optional("notBefore"),
            expires: try members.optional("expires"),
            restrictions: try members.optional("restrictions")
        )
    }
}

extension TokenExplainParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["text"])
        self.init(
            text: try members.required("text")
        )
    }
}

extension TokenListParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["principal", "all", "after", "limit"])
        self.init(
            principal: try members.optional("principal"),
            all: try members.optional("all"),
            after: try members.optional("after"),
            limit: try members.optional("limit")
        )
    }
}

extension TokenParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["token"])
        self.init(
            token: try members.required("token")
        )
    }
}

extension UnsubscribeParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["subscription"])
        self.init(
            subscription: try members.required("subscription")
        )
    }
}

extension VaultImportParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["delete"])
        self.init(
            delete: try members.optional("delete")
        )
    }
}

extension VaultSecretParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["name"])
        self.init(
            name: try members.required("name")
        )
    }
}

extension VaultSetParameters: JSONReadable {
    /// Reads an object. Other members than those of the schema are an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let members = try JSONMembers(json, known: ["name", "value"])
        self.init(
            name: try members.required("name"),
            value: try members.required("value")
        )
    }
}
