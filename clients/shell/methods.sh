# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
# shellcheck shell=bash

# aura_access_deny KEY
# Denies the key of a client certificate for ever.
aura_access_deny() {
    local params
    params=$(_aura_members "key" "" "$@") || return
    aura_call access.deny "$params"
}

# aura_access_list
# Lists the roles and all scopes.
aura_access_list() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call access.list "$params"
}

# aura_access_whoami
# Returns the caller of this connection and its rights.
aura_access_whoami() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call access.whoami "$params"
}

# aura_audit_checkpoint
# Returns a signed checkpoint of the newest entry.
aura_audit_checkpoint() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call audit.checkpoint "$params"
}

# aura_audit_erase [entries=…] [tenant=…] [after=…]
# Erases the contents of entries of the audit.
aura_audit_erase() {
    local params
    params=$(_aura_members "" "entries after" "$@") || return
    aura_call audit.erase "$params"
}

# aura_audit_export [after=…] [limit=…]
# Returns the audit as lines of JSON, one page per call.
aura_audit_export() {
    local params
    params=$(_aura_members "" "after limit" "$@") || return
    aura_call audit.export "$params"
}

# aura_audit_list [principal=…] [method=…] [from=…] [before=…] [after=…] [limit=…]
# Lists entries of the audit, one page per call.
aura_audit_list() {
    local params
    params=$(_aura_members "" "after limit" "$@") || return
    aura_call audit.list "$params"
}

# aura_audit_verify [checkpoint=…]
# Verifies the whole audit.
aura_audit_verify() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call audit.verify "$params"
}

# aura_destroy INSTANCE [tenant=…] [idempotencyKey=…] [change=…]
# Removes an instance and every resource that was created for it.
aura_destroy() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call destroy "$(_aura_keyed "$params")"
}

# aura_job_cancel JOB
# Requests that a job ends early.
aura_job_cancel() {
    local params
    params=$(_aura_members "job" "" "$@") || return
    aura_call job.cancel "$params"
}

# aura_job_explain JOB
# Explains the state of a job.
aura_job_explain() {
    local params
    params=$(_aura_members "job" "" "$@") || return
    aura_call job.explain "$params"
}

# aura_job_get JOB
# Returns a job with its steps.
aura_job_get() {
    local params
    params=$(_aura_members "job" "" "$@") || return
    aura_call job.get "$params"
}

# aura_job_list [instance=…] [tenant=…] [change=…] [states=…] [after=…] [limit=…] [order=…]
# Lists jobs, one page per call.
aura_job_list() {
    local params
    params=$(_aura_members "" "states limit" "$@") || return
    aura_call job.list "$params"
}

# aura_job_retry JOB [idempotencyKey=…]
# Retries a job that failed, or makes a waiting job due now.
aura_job_retry() {
    local params
    params=$(_aura_members "job" "" "$@") || return
    aura_call job.retry "$(_aura_keyed "$params")"
}

# aura_job_wait JOB [timeoutMs=…]
# Waits until a job has ended.
aura_job_wait() {
    local params
    params=$(_aura_members "job" "timeoutMs" "$@") || return
    aura_call job.wait "$params"
}

# aura_principal_create NAME [kind=…] [role=…] [scopes=…] [tenants=…]
# Creates a principal.
aura_principal_create() {
    local params
    params=$(_aura_members "name" "scopes tenants" "$@") || return
    aura_call principal.create "$params"
}

# aura_principal_list
# Lists all principals.
aura_principal_list() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call principal.list "$params"
}

# aura_principal_set PRINCIPAL [role=…] [scopes=…] [tenants=…] [allTenants=…] [enabled=…]
# Changes the rights of a principal, or disables it.
aura_principal_set() {
    local params
    params=$(_aura_members "principal" "scopes tenants allTenants enabled" "$@") || return
    aura_call principal.set "$params"
}

# aura_provision NAME REGION SIZE [tenant=…] [idempotencyKey=…] [change=…]
# Creates an instance: an agent on its own machine.
aura_provision() {
    local params
    params=$(_aura_members "name region size" "" "$@") || return
    aura_call provision "$(_aura_keyed "$params")"
}

# aura_reconcile_run [dryRun=…] [force=…]
# Compares the providers' resources with the database and repairs differences.
aura_reconcile_run() {
    local params
    params=$(_aura_members "" "dryRun force" "$@") || return
    aura_call reconcile.run "$params"
}

# aura_restart INSTANCE [tenant=…] [idempotencyKey=…] [change=…]
# Shuts down an instance's machine and starts it again.
aura_restart() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call restart "$(_aura_keyed "$params")"
}

# aura_resume INSTANCE [tenant=…] [idempotencyKey=…] [change=…]
# Starts the machine of a suspended instance.
aura_resume() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call resume "$(_aura_keyed "$params")"
}

# aura_rpc_discover
# Returns this API as an OpenRPC document.
aura_rpc_discover() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call rpc.discover "$params"
}

# aura_secret_delete NAME [tenant=…]
# Deletes a secret with all its versions.
aura_secret_delete() {
    local params
    params=$(_aura_members "name" "" "$@") || return
    aura_call secret.delete "$params"
}

# aura_secret_list [tenant=…] [after=…] [limit=…]
# Lists secrets without their values, one page per call.
aura_secret_list() {
    local params
    params=$(_aura_members "" "limit" "$@") || return
    aura_call secret.list "$params"
}

# aura_secret_reveal NAME [tenant=…]
# Returns the value of an exportable secret.
aura_secret_reveal() {
    local params
    params=$(_aura_members "name" "" "$@") || return
    aura_call secret.reveal "$params"
}

# aura_secret_set NAME VALUE [tenant=…] [class=…]
# Sets the value of a secret.
aura_secret_set() {
    local params
    params=$(_aura_members "name value" "" "$@") || return
    aura_call secret.set "$params"
}

# aura_session_authenticate TOKEN
# Shows the daemon who calls, by a token.
aura_session_authenticate() {
    local params
    params=$(_aura_members "token" "" "$@") || return
    aura_call session.authenticate "$params"
}

# aura_status_get INSTANCE [tenant=…]
# Returns an instance and its active job.
aura_status_get() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call status.get "$params"
}

# aura_status_list [tenant=…] [phases=…] [includeDestroyed=…] [after=…] [limit=…]
# Lists instances, one page per call.
aura_status_list() {
    local params
    params=$(_aura_members "" "phases includeDestroyed limit" "$@") || return
    aura_call status.list "$params"
}

# aura_suspend INSTANCE [tenant=…] [idempotencyKey=…] [change=…]
# Shuts down an instance's machine.
aura_suspend() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call suspend "$(_aura_keyed "$params")"
}

# aura_system_health
# Reports whether the daemon can do its work.
aura_system_health() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call system.health "$params"
}

# aura_system_info
# Returns the daemon's version, database, regions and sizes.
aura_system_info() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call system.info "$params"
}

# aura_system_limits
# Returns the limits of messages, calls, connections and subscriptions.
aura_system_limits() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call system.limits "$params"
}

# aura_system_ping
# Checks that the daemon replies.
aura_system_ping() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call system.ping "$params"
}

# aura_tenant_create TENANT [quota=…]
# Creates a tenant.
aura_tenant_create() {
    local params
    params=$(_aura_members "tenant" "quota" "$@") || return
    aura_call tenant.create "$params"
}

# aura_tenant_list
# Lists the tenants that the caller may see.
aura_tenant_list() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call tenant.list "$params"
}

# aura_tenant_set TENANT [quota=…] [enabled=…]
# Changes the limits of a tenant, or disables it.
aura_tenant_set() {
    local params
    params=$(_aura_members "tenant" "quota enabled" "$@") || return
    aura_call tenant.set "$params"
}

# aura_token_create PRINCIPAL NAME [scopes=…] [tenants=…] [notBefore=…] [expires=…] [restrictions=…]
# Creates a token of a principal.
aura_token_create() {
    local params
    params=$(_aura_members "principal name" "scopes tenants restrictions" "$@") || return
    aura_call token.create "$params"
}

# aura_token_explain TEXT
# Says what a token allows, and why it may be refused.
aura_token_explain() {
    local params
    params=$(_aura_members "text" "" "$@") || return
    aura_call token.explain "$params"
}

# aura_token_list [principal=…] [all=…] [after=…] [limit=…]
# Lists tokens, one page per call.
aura_token_list() {
    local params
    params=$(_aura_members "" "all limit" "$@") || return
    aura_call token.list "$params"
}

# aura_token_revoke TOKEN
# Revokes a token.
aura_token_revoke() {
    local params
    params=$(_aura_members "token" "" "$@") || return
    aura_call token.revoke "$params"
}

# aura_vault_adopt [delete=…]
# Puts the credentials of this daemon's files and configuration into the vault.
aura_vault_adopt() {
    local params
    params=$(_aura_members "" "delete" "$@") || return
    aura_call vault.adopt "$params"
}

# aura_vault_delete NAME
# Deletes a secret of the installation with all its versions.
aura_vault_delete() {
    local params
    params=$(_aura_members "name" "" "$@") || return
    aura_call vault.delete "$params"
}

# aura_vault_set NAME VALUE
# Sets the value of a secret of the installation.
aura_vault_set() {
    local params
    params=$(_aura_members "name value" "" "$@") || return
    aura_call vault.set "$params"
}

# aura_vault_status
# Shows the keys of the vault and the secrets of the installation.
aura_vault_status() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call vault.status "$params"
}
