# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
# shellcheck shell=bash

# aura_destroy INSTANCE [tenant=…] [idempotencyKey=…] [change=…]
# Removes an instance and everything that was made for it.
aura_destroy() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call destroy "$(_aura_keyed "$params")"
}

# aura_job_cancel JOB
# Asks for a job to end early.
aura_job_cancel() {
    local params
    params=$(_aura_members "job" "" "$@") || return
    aura_call job.cancel "$params"
}

# aura_job_explain JOB
# Why a job is where it is.
aura_job_explain() {
    local params
    params=$(_aura_members "job" "" "$@") || return
    aura_call job.explain "$params"
}

# aura_job_get JOB
# A job with its steps.
aura_job_get() {
    local params
    params=$(_aura_members "job" "" "$@") || return
    aura_call job.get "$params"
}

# aura_job_list [instance=…] [tenant=…] [change=…] [states=…] [after=…] [limit=…] [order=…]
# The jobs, page by page.
aura_job_list() {
    local params
    params=$(_aura_members "" "states limit" "$@") || return
    aura_call job.list "$params"
}

# aura_job_retry JOB [idempotencyKey=…]
# Tries a failed job again, or wakes one that waits.
aura_job_retry() {
    local params
    params=$(_aura_members "job" "" "$@") || return
    aura_call job.retry "$(_aura_keyed "$params")"
}

# aura_job_wait JOB [timeoutMs=…]
# Waits until a job has come to its end.
aura_job_wait() {
    local params
    params=$(_aura_members "job" "timeoutMs" "$@") || return
    aura_call job.wait "$params"
}

# aura_provision NAME REGION SIZE [tenant=…] [idempotencyKey=…] [change=…]
# One call, one running agent.
aura_provision() {
    local params
    params=$(_aura_members "name region size" "" "$@") || return
    aura_call provision "$(_aura_keyed "$params")"
}

# aura_reconcile_run [dryRun=…] [force=…]
# Compares the outside world with the database, and repairs.
aura_reconcile_run() {
    local params
    params=$(_aura_members "" "dryRun force" "$@") || return
    aura_call reconcile.run "$params"
}

# aura_restart INSTANCE [tenant=…] [idempotencyKey=…] [change=…]
# Shuts an instance's machine down and starts it.
aura_restart() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call restart "$(_aura_keyed "$params")"
}

# aura_resume INSTANCE [tenant=…] [idempotencyKey=…] [change=…]
# Starts a suspended instance's machine.
aura_resume() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call resume "$(_aura_keyed "$params")"
}

# aura_rpc_discover
# This document.
aura_rpc_discover() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call rpc.discover "$params"
}

# aura_status_get INSTANCE [tenant=…]
# An instance as it is.
aura_status_get() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call status.get "$params"
}

# aura_status_list [tenant=…] [phases=…] [includeDestroyed=…] [after=…] [limit=…]
# The instances, page by page.
aura_status_list() {
    local params
    params=$(_aura_members "" "phases includeDestroyed limit" "$@") || return
    aura_call status.list "$params"
}

# aura_suspend INSTANCE [tenant=…] [idempotencyKey=…] [change=…]
# Shuts an instance's machine down.
aura_suspend() {
    local params
    params=$(_aura_members "instance" "" "$@") || return
    aura_call suspend "$(_aura_keyed "$params")"
}

# aura_system_health
# Whether the daemon can do its work.
aura_system_health() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call system.health "$params"
}

# aura_system_info
# What the daemon is.
aura_system_info() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call system.info "$params"
}

# aura_system_limits
# How much the wire takes.
aura_system_limits() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call system.limits "$params"
}

# aura_system_ping
# Whether the daemon answers.
aura_system_ping() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call system.ping "$params"
}
