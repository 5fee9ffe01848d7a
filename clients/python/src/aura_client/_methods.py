# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
"""A function for each method, for clients that wait and for those that await."""

from __future__ import annotations

from typing import Any, Callable, Mapping, TypeVar

from ._codec import fresh_key
from .types import *  # noqa: F403

Result = TypeVar("Result")
Decoder = Callable[[Mapping[str, Any]], Result]


class Methods:
    def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
        raise NotImplementedError

    def access_deny(self, key: str) -> AccessDenyResult:
        """Denies the key of a client certificate for ever.

        Certificates with this key give no rights any more, and connections with one end within a second, on all daemons. Only callers of all tenants can call it. A second call changes nothing.
        """
        params: dict[str, Any] = {
            "key": key,
        }
        return self._call("access.deny", params, AccessDenyResult.from_json)

    def access_list(self) -> AccessListResult:
        """Lists the roles and all scopes.

        A role is a list of scopes and nothing else.
        """
        params: dict[str, Any] = {
        }
        return self._call("access.list", params, AccessListResult.from_json)

    def access_whoami(self) -> WhoAmIResult:
        """Returns the caller of this connection and its rights.

        Every caller may call it.
        """
        params: dict[str, Any] = {
        }
        return self._call("access.whoami", params, WhoAmIResult.from_json)

    def audit_checkpoint(self) -> AuditCheckpointResult:
        """Returns a signed checkpoint of the newest entry.

        Keep it elsewhere: it proves later that no entry up to it was changed. New entries are verified before they are signed. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
        }
        return self._call("audit.checkpoint", params, AuditCheckpointResult.from_json)

    def audit_erase(self, *, entries: list[int] | None = None, tenant: str | None = None, after: int | None = None) -> AuditEraseResult:
        """Erases the contents of entries of the audit.

        The hashes of the entries stay, so the audit can still be verified. Entries about the audit itself cannot be erased, and the call has an entry of its own. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "entries": entries,
            "tenant": tenant,
            "after": after,
        }
        return self._call("audit.erase", params, AuditEraseResult.from_json)

    def audit_export(self, *, after: int | None = None, limit: int | None = None) -> AuditExportResult:
        """Returns the audit as lines of JSON, one page per call.

        The lines of all pages can be verified without the daemon. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "after": after,
            "limit": limit,
        }
        return self._call("audit.export", params, AuditExportResult.from_json)

    def audit_list(self, *, principal: str | None = None, method: str | None = None, from_: datetime | None = None, before: datetime | None = None, after: int | None = None, limit: int | None = None) -> AuditListResult:
        """Lists entries of the audit, one page per call.

        Entries of other tenants, and entries of no single tenant, are listed only for callers of all tenants.
        """
        params: dict[str, Any] = {
            "principal": principal,
            "method": method,
            "from": from_,
            "before": before,
            "after": after,
            "limit": limit,
        }
        return self._call("audit.list", params, AuditListResult.from_json)

    def audit_verify(self, *, checkpoint: str | None = None) -> AuditVerifyResult:
        """Verifies the whole audit.

        The result says what was proved: that the entries are consistent in themselves, that they agree with the signed checkpoints of the database and with a checkpoint that was kept elsewhere, and that the events of the ledger agree with their hashes in the audit. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "checkpoint": checkpoint,
        }
        return self._call("audit.verify", params, AuditVerifyResult.from_json)

    def destroy(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Removes an instance and every resource that was created for it.

        Writes a `destroy` job and replies at once. An active job of another kind is stopped without an undo, and the destroy removes what it created. A destroy cannot be cancelled. A failure that retries do not overcome parks the job: it raises an alert and retries rarely until the cause is removed. If a destroy is already active, the reply has that job. A destroyed instance is `phaseConflict`.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return self._call("destroy", params, OperationResult.from_json)

    def job_cancel(self, job: str) -> JobResult:
        """Requests that a job ends early.

        The reply does not wait for the end. The steps that were begun are undone in reverse order, and the job ends as `cancelled`. A job past its point of no return, such as every `destroy`, is `pivotPassed`. A job that has ended is `jobTerminal`. A second request changes nothing.
        """
        params: dict[str, Any] = {
            "job": job,
        }
        return self._call("job.cancel", params, JobResult.from_json)

    def job_explain(self, job: str) -> ExplainResult:
        """Explains the state of a job.

        Reports why the job waits, what happens next, and which resources exist for its instance. The call asks the providers for these resources. Lookups that fail or take more than 10 seconds are listed in `unseen`.
        """
        params: dict[str, Any] = {
            "job": job,
        }
        return self._call("job.explain", params, ExplainResult.from_json)

    def job_get(self, job: str) -> JobResult:
        """Returns a job with its steps."""
        params: dict[str, Any] = {
            "job": job,
        }
        return self._call("job.get", params, JobResult.from_json)

    def job_list(self, *, instance: str | None = None, tenant: str | None = None, change: str | None = None, states: list[JobState] | None = None, after: str | None = None, limit: int | None = None, order: ListOrder | None = None) -> JobListResult:
        """Lists jobs, one page per call.

        A job must match every filter that is given.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "change": change,
            "states": states,
            "after": after,
            "limit": limit,
            "order": order,
        }
        return self._call("job.list", params, JobListResult.from_json)

    def job_retry(self, job: str, *, idempotency_key: str | None = None) -> OperationResult:
        """Retries a job that failed, or makes a waiting job due now.

        A job that ended as `failed` or `cancelled` is retried by a new job of the same kind on the same instance. A retried provision builds a new machine. A waiting job becomes due now, and the reply has that job. A job that a worker is running does not change. A job that succeeded is `nothingToRetry`.
        """
        params: dict[str, Any] = {
            "job": job,
            "idempotencyKey": idempotency_key or fresh_key(),
        }
        return self._call("job.retry", params, OperationResult.from_json)

    def job_wait(self, job: str, *, timeout_ms: int | None = None) -> JobResult:
        """Waits until a job has ended.

        Returns the job in its final state. After `timeoutMs` the call fails with `waitTimeout`. `$/cancelRequest` and the end of the connection stop the wait. The job continues in each case.
        """
        params: dict[str, Any] = {
            "job": job,
            "timeoutMs": timeout_ms,
        }
        return self._call("job.wait", params, JobResult.from_json)

    def principal_create(self, name: str, *, kind: PrincipalKind | None = None, role: Role | None = None, scopes: list[str] | None = None, tenants: list[str] | None = None) -> PrincipalResult:
        """Creates a principal.

        A principal is a person or a program. Create a token for it with `token.create`.
        """
        params: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "role": role,
            "scopes": scopes,
            "tenants": tenants,
        }
        return self._call("principal.create", params, PrincipalResult.from_json)

    def principal_list(self) -> PrincipalListResult:
        """Lists all principals.

        Processes on the Unix socket are not in the list: the setting `access.unix` gives them rights.
        """
        params: dict[str, Any] = {
        }
        return self._call("principal.list", params, PrincipalListResult.from_json)

    def principal_set(self, principal: str, *, role: Role | None = None, scopes: list[str] | None = None, tenants: list[str] | None = None, all_tenants: bool | None = None, enabled: bool | None = None) -> PrincipalResult:
        """Changes the rights of a principal, or disables it.

        All daemons use the new rights within a second. Connections whose rights were reduced end if they have subscriptions.
        """
        params: dict[str, Any] = {
            "principal": principal,
            "role": role,
            "scopes": scopes,
            "tenants": tenants,
            "allTenants": all_tenants,
            "enabled": enabled,
        }
        return self._call("principal.set", params, PrincipalResult.from_json)

    def provision(self, name: str, region: str, size: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Creates an instance: an agent on its own machine.

        Writes a `provision` job and replies at once. The job creates the machine, configures it, joins it to the tailnet if one is configured, and waits until the agent is healthy. A provision that fails is undone: its resources are deleted, and the instance becomes `failed`. Once the machine exists, a failure that an operator can repair, such as a rejected token, parks the job instead.
        """
        params: dict[str, Any] = {
            "name": name,
            "region": region,
            "size": size,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return self._call("provision", params, OperationResult.from_json)

    def reconcile_run(self, *, dry_run: bool | None = None, force: bool | None = None) -> ReconcileReport:
        """Compares the providers' resources with the database and repairs differences.

        Runs one sweep and returns its report. Unless it is disabled, the same sweep runs every `reconciler.everySeconds`, 60 by default. All daemons of a database together run one sweep at a time: a second one is `sweepRunning`.
        """
        params: dict[str, Any] = {
            "dryRun": dry_run,
            "force": force,
        }
        return self._call("reconcile.run", params, ReconcileReport.from_json)

    def restart(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Shuts down an instance's machine and starts it again.

        Uses two provider actions, off and on. The job succeeds when the machine has booted and the agent is healthy. The instance must be `running` or `degraded`, else the call fails with `phaseConflict`. If a restart is already active, the reply has that job. An active job of another kind is `instanceBusy`.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return self._call("restart", params, OperationResult.from_json)

    def resume(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Starts the machine of a suspended instance.

        The job succeeds when the machine has booted and the agent is healthy. The instance must be `suspended` or `degraded`, else the call fails with `phaseConflict`. If a resume is already active, the reply has that job. An active job of another kind is `instanceBusy`.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return self._call("resume", params, OperationResult.from_json)

    def secret_delete(self, name: str, *, tenant: str | None = None) -> SecretDeleteResult:
        """Deletes a secret with all its versions.

        The values cannot be restored, except from a backup of the database.
        """
        params: dict[str, Any] = {
            "name": name,
            "tenant": tenant,
        }
        return self._call("secret.delete", params, SecretDeleteResult.from_json)

    def secret_list(self, *, tenant: str | None = None, after: str | None = None, limit: int | None = None) -> SecretListResult:
        """Lists secrets without their values, one page per call.

        Only secrets of the caller's tenants are listed.
        """
        params: dict[str, Any] = {
            "tenant": tenant,
            "after": after,
            "limit": limit,
        }
        return self._call("secret.list", params, SecretListResult.from_json)

    def secret_reveal(self, name: str, *, tenant: str | None = None) -> SecretRevealResult:
        """Returns the value of an exportable secret.

        No role has the scope of this method; it is given by name. The value of a sealed secret is never returned. Each call is written to the audit before its reply, so it counts as a change.
        """
        params: dict[str, Any] = {
            "name": name,
            "tenant": tenant,
        }
        return self._call("secret.reveal", params, SecretRevealResult.from_json)

    def secret_set(self, name: str, value: str, *, tenant: str | None = None, class_: SecretClass | None = None) -> SecretResult:
        """Sets the value of a secret.

        Creates the secret, or a new version of it. The reply never has the value. The last 20 versions are kept. A class can change from `exportable` to `sealed`, and never back.
        """
        params: dict[str, Any] = {
            "name": name,
            "value": value,
            "tenant": tenant,
            "class": class_,
        }
        return self._call("secret.set", params, SecretResult.from_json)

    def session_authenticate(self, token: str) -> WhoAmIResult:
        """Shows the daemon who calls, by a token.

        Before a connection of TCP or a WebSocket has shown a token or a client certificate, it can call only this method and `system.ping`, and it ends after 10 s. The connection keeps the rights of the token until another token is shown, the token ends, or the connection closes. Over HTTP, send the header `Authorization: Bearer TOKEN` with each request instead.
        """
        params: dict[str, Any] = {
            "token": token,
        }
        return self._call("session.authenticate", params, WhoAmIResult.from_json)

    def status_get(self, instance: str, *, tenant: str | None = None) -> StatusGetResult:
        """Returns an instance and its active job."""
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
        }
        return self._call("status.get", params, StatusGetResult.from_json)

    def status_list(self, *, tenant: str | None = None, phases: list[Phase] | None = None, include_destroyed: bool | None = None, after: str | None = None, limit: int | None = None) -> StatusListResult:
        """Lists instances, one page per call.

        An instance must match every filter that is given.
        """
        params: dict[str, Any] = {
            "tenant": tenant,
            "phases": phases,
            "includeDestroyed": include_destroyed,
            "after": after,
            "limit": limit,
        }
        return self._call("status.list", params, StatusListResult.from_json)

    def suspend(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Shuts down an instance's machine.

        The disk is kept, and the provider still bills it. If the operating system does not shut down in time, the power is cut. The instance must be `running` or `degraded`, else the call fails with `phaseConflict`. If a suspend is already active, the reply has that job. An active job of another kind is `instanceBusy`.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return self._call("suspend", params, OperationResult.from_json)

    def system_health(self) -> HealthResult:
        """Reports whether the daemon can do its work.

        Each call writes to the database and waits until the write is durable.
        """
        params: dict[str, Any] = {
        }
        return self._call("system.health", params, HealthResult.from_json)

    def system_info(self) -> InfoResult:
        """Returns the daemon's version, database, regions and sizes."""
        params: dict[str, Any] = {
        }
        return self._call("system.info", params, InfoResult.from_json)

    def system_limits(self) -> LimitsResult:
        """Returns the limits of messages, calls, connections and subscriptions."""
        params: dict[str, Any] = {
        }
        return self._call("system.limits", params, LimitsResult.from_json)

    def system_ping(self) -> PingResult:
        """Checks that the daemon replies.

        Does not use the database.
        """
        params: dict[str, Any] = {
        }
        return self._call("system.ping", params, PingResult.from_json)

    def tenant_create(self, tenant: str, *, quota: TenantQuota | None = None) -> TenantResult:
        """Creates a tenant.

        Instances, secrets and tokens belong to tenants. The tenant `default` exists from the start.
        """
        params: dict[str, Any] = {
            "tenant": tenant,
            "quota": quota,
        }
        return self._call("tenant.create", params, TenantResult.from_json)

    def tenant_list(self) -> TenantListResult:
        """Lists the tenants that the caller may see.

        A caller with all tenants sees all of them.
        """
        params: dict[str, Any] = {
        }
        return self._call("tenant.list", params, TenantListResult.from_json)

    def tenant_set(self, tenant: str, *, quota: TenantQuota | None = None, enabled: bool | None = None) -> TenantResult:
        """Changes the limits of a tenant, or disables it.

        Tokens of a disabled tenant are refused within a second, on all daemons. Its instances continue to run.
        """
        params: dict[str, Any] = {
            "tenant": tenant,
            "quota": quota,
            "enabled": enabled,
        }
        return self._call("tenant.set", params, TenantResult.from_json)

    def token_create(self, principal: str, name: str, *, scopes: list[str] | None = None, tenants: list[str] | None = None, not_before: datetime | None = None, expires: datetime | None = None, restrictions: list[str] | None = None) -> TokenCreateResult:
        """Creates a token of a principal.

        The reply has the text of the token, which cannot be shown again. A token can only have rights that its principal and the caller have.
        """
        params: dict[str, Any] = {
            "principal": principal,
            "name": name,
            "scopes": scopes,
            "tenants": tenants,
            "notBefore": not_before,
            "expires": expires,
            "restrictions": restrictions,
        }
        return self._call("token.create", params, TokenCreateResult.from_json)

    def token_explain(self, text: str) -> TokenExplainResult:
        """Says what a token allows, and why it may be refused.

        Restrictions on the peer are not checked.
        """
        params: dict[str, Any] = {
            "text": text,
        }
        return self._call("token.explain", params, TokenExplainResult.from_json)

    def token_list(self, *, principal: str | None = None, all: bool | None = None, after: str | None = None, limit: int | None = None) -> TokenListResult:
        """Lists tokens, one page per call.

        The reply never has the text of a token.
        """
        params: dict[str, Any] = {
            "principal": principal,
            "all": all,
            "after": after,
            "limit": limit,
        }
        return self._call("token.list", params, TokenListResult.from_json)

    def token_revoke(self, token: str) -> TokenResult:
        """Revokes a token.

        Connections with the token end within a second, on all daemons. A second call changes nothing.
        """
        params: dict[str, Any] = {
            "token": token,
        }
        return self._call("token.revoke", params, TokenResult.from_json)

    def vault_adopt(self, *, delete: bool | None = None) -> VaultImportResult:
        """Puts the credentials of this daemon's files and configuration into the vault.

        These are the keys of machines in its credentials directory, and the credentials of providers. It replaces no secret, and can be repeated. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "delete": delete,
        }
        return self._call("vault.adopt", params, VaultImportResult.from_json)

    def vault_delete(self, name: str) -> VaultDeleteResult:
        """Deletes a secret of the installation with all its versions.

        The keys of machines cannot be deleted by it. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "name": name,
        }
        return self._call("vault.delete", params, VaultDeleteResult.from_json)

    def vault_set(self, name: str, value: str) -> VaultSetResult:
        """Sets the value of a secret of the installation.

        A setting such as `hetzner.token: vault:hetzner.token` uses it for each call to the provider, so a new value needs no restart. No method returns the value. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "name": name,
            "value": value,
        }
        return self._call("vault.set", params, VaultSetResult.from_json)

    def vault_status(self) -> VaultStatusResult:
        """Shows the keys of the vault and the secrets of the installation.

        A key can be removed from the key files of all daemons when no version and no token names it. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
        }
        return self._call("vault.status", params, VaultStatusResult.from_json)


class AsyncMethods:
    async def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
        raise NotImplementedError

    async def access_deny(self, key: str) -> AccessDenyResult:
        """Denies the key of a client certificate for ever.

        Certificates with this key give no rights any more, and connections with one end within a second, on all daemons. Only callers of all tenants can call it. A second call changes nothing.
        """
        params: dict[str, Any] = {
            "key": key,
        }
        return await self._call("access.deny", params, AccessDenyResult.from_json)

    async def access_list(self) -> AccessListResult:
        """Lists the roles and all scopes.

        A role is a list of scopes and nothing else.
        """
        params: dict[str, Any] = {
        }
        return await self._call("access.list", params, AccessListResult.from_json)

    async def access_whoami(self) -> WhoAmIResult:
        """Returns the caller of this connection and its rights.

        Every caller may call it.
        """
        params: dict[str, Any] = {
        }
        return await self._call("access.whoami", params, WhoAmIResult.from_json)

    async def audit_checkpoint(self) -> AuditCheckpointResult:
        """Returns a signed checkpoint of the newest entry.

        Keep it elsewhere: it proves later that no entry up to it was changed. New entries are verified before they are signed. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
        }
        return await self._call("audit.checkpoint", params, AuditCheckpointResult.from_json)

    async def audit_erase(self, *, entries: list[int] | None = None, tenant: str | None = None, after: int | None = None) -> AuditEraseResult:
        """Erases the contents of entries of the audit.

        The hashes of the entries stay, so the audit can still be verified. Entries about the audit itself cannot be erased, and the call has an entry of its own. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "entries": entries,
            "tenant": tenant,
            "after": after,
        }
        return await self._call("audit.erase", params, AuditEraseResult.from_json)

    async def audit_export(self, *, after: int | None = None, limit: int | None = None) -> AuditExportResult:
        """Returns the audit as lines of JSON, one page per call.

        The lines of all pages can be verified without the daemon. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "after": after,
            "limit": limit,
        }
        return await self._call("audit.export", params, AuditExportResult.from_json)

    async def audit_list(self, *, principal: str | None = None, method: str | None = None, from_: datetime | None = None, before: datetime | None = None, after: int | None = None, limit: int | None = None) -> AuditListResult:
        """Lists entries of the audit, one page per call.

        Entries of other tenants, and entries of no single tenant, are listed only for callers of all tenants.
        """
        params: dict[str, Any] = {
            "principal": principal,
            "method": method,
            "from": from_,
            "before": before,
            "after": after,
            "limit": limit,
        }
        return await self._call("audit.list", params, AuditListResult.from_json)

    async def audit_verify(self, *, checkpoint: str | None = None) -> AuditVerifyResult:
        """Verifies the whole audit.

        The result says what was proved: that the entries are consistent in themselves, that they agree with the signed checkpoints of the database and with a checkpoint that was kept elsewhere, and that the events of the ledger agree with their hashes in the audit. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "checkpoint": checkpoint,
        }
        return await self._call("audit.verify", params, AuditVerifyResult.from_json)

    async def destroy(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Removes an instance and every resource that was created for it.

        Writes a `destroy` job and replies at once. An active job of another kind is stopped without an undo, and the destroy removes what it created. A destroy cannot be cancelled. A failure that retries do not overcome parks the job: it raises an alert and retries rarely until the cause is removed. If a destroy is already active, the reply has that job. A destroyed instance is `phaseConflict`.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return await self._call("destroy", params, OperationResult.from_json)

    async def job_cancel(self, job: str) -> JobResult:
        """Requests that a job ends early.

        The reply does not wait for the end. The steps that were begun are undone in reverse order, and the job ends as `cancelled`. A job past its point of no return, such as every `destroy`, is `pivotPassed`. A job that has ended is `jobTerminal`. A second request changes nothing.
        """
        params: dict[str, Any] = {
            "job": job,
        }
        return await self._call("job.cancel", params, JobResult.from_json)

    async def job_explain(self, job: str) -> ExplainResult:
        """Explains the state of a job.

        Reports why the job waits, what happens next, and which resources exist for its instance. The call asks the providers for these resources. Lookups that fail or take more than 10 seconds are listed in `unseen`.
        """
        params: dict[str, Any] = {
            "job": job,
        }
        return await self._call("job.explain", params, ExplainResult.from_json)

    async def job_get(self, job: str) -> JobResult:
        """Returns a job with its steps."""
        params: dict[str, Any] = {
            "job": job,
        }
        return await self._call("job.get", params, JobResult.from_json)

    async def job_list(self, *, instance: str | None = None, tenant: str | None = None, change: str | None = None, states: list[JobState] | None = None, after: str | None = None, limit: int | None = None, order: ListOrder | None = None) -> JobListResult:
        """Lists jobs, one page per call.

        A job must match every filter that is given.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "change": change,
            "states": states,
            "after": after,
            "limit": limit,
            "order": order,
        }
        return await self._call("job.list", params, JobListResult.from_json)

    async def job_retry(self, job: str, *, idempotency_key: str | None = None) -> OperationResult:
        """Retries a job that failed, or makes a waiting job due now.

        A job that ended as `failed` or `cancelled` is retried by a new job of the same kind on the same instance. A retried provision builds a new machine. A waiting job becomes due now, and the reply has that job. A job that a worker is running does not change. A job that succeeded is `nothingToRetry`.
        """
        params: dict[str, Any] = {
            "job": job,
            "idempotencyKey": idempotency_key or fresh_key(),
        }
        return await self._call("job.retry", params, OperationResult.from_json)

    async def job_wait(self, job: str, *, timeout_ms: int | None = None) -> JobResult:
        """Waits until a job has ended.

        Returns the job in its final state. After `timeoutMs` the call fails with `waitTimeout`. `$/cancelRequest` and the end of the connection stop the wait. The job continues in each case.
        """
        params: dict[str, Any] = {
            "job": job,
            "timeoutMs": timeout_ms,
        }
        return await self._call("job.wait", params, JobResult.from_json)

    async def principal_create(self, name: str, *, kind: PrincipalKind | None = None, role: Role | None = None, scopes: list[str] | None = None, tenants: list[str] | None = None) -> PrincipalResult:
        """Creates a principal.

        A principal is a person or a program. Create a token for it with `token.create`.
        """
        params: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "role": role,
            "scopes": scopes,
            "tenants": tenants,
        }
        return await self._call("principal.create", params, PrincipalResult.from_json)

    async def principal_list(self) -> PrincipalListResult:
        """Lists all principals.

        Processes on the Unix socket are not in the list: the setting `access.unix` gives them rights.
        """
        params: dict[str, Any] = {
        }
        return await self._call("principal.list", params, PrincipalListResult.from_json)

    async def principal_set(self, principal: str, *, role: Role | None = None, scopes: list[str] | None = None, tenants: list[str] | None = None, all_tenants: bool | None = None, enabled: bool | None = None) -> PrincipalResult:
        """Changes the rights of a principal, or disables it.

        All daemons use the new rights within a second. Connections whose rights were reduced end if they have subscriptions.
        """
        params: dict[str, Any] = {
            "principal": principal,
            "role": role,
            "scopes": scopes,
            "tenants": tenants,
            "allTenants": all_tenants,
            "enabled": enabled,
        }
        return await self._call("principal.set", params, PrincipalResult.from_json)

    async def provision(self, name: str, region: str, size: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Creates an instance: an agent on its own machine.

        Writes a `provision` job and replies at once. The job creates the machine, configures it, joins it to the tailnet if one is configured, and waits until the agent is healthy. A provision that fails is undone: its resources are deleted, and the instance becomes `failed`. Once the machine exists, a failure that an operator can repair, such as a rejected token, parks the job instead.
        """
        params: dict[str, Any] = {
            "name": name,
            "region": region,
            "size": size,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return await self._call("provision", params, OperationResult.from_json)

    async def reconcile_run(self, *, dry_run: bool | None = None, force: bool | None = None) -> ReconcileReport:
        """Compares the providers' resources with the database and repairs differences.

        Runs one sweep and returns its report. Unless it is disabled, the same sweep runs every `reconciler.everySeconds`, 60 by default. All daemons of a database together run one sweep at a time: a second one is `sweepRunning`.
        """
        params: dict[str, Any] = {
            "dryRun": dry_run,
            "force": force,
        }
        return await self._call("reconcile.run", params, ReconcileReport.from_json)

    async def restart(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Shuts down an instance's machine and starts it again.

        Uses two provider actions, off and on. The job succeeds when the machine has booted and the agent is healthy. The instance must be `running` or `degraded`, else the call fails with `phaseConflict`. If a restart is already active, the reply has that job. An active job of another kind is `instanceBusy`.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return await self._call("restart", params, OperationResult.from_json)

    async def resume(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Starts the machine of a suspended instance.

        The job succeeds when the machine has booted and the agent is healthy. The instance must be `suspended` or `degraded`, else the call fails with `phaseConflict`. If a resume is already active, the reply has that job. An active job of another kind is `instanceBusy`.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return await self._call("resume", params, OperationResult.from_json)

    async def secret_delete(self, name: str, *, tenant: str | None = None) -> SecretDeleteResult:
        """Deletes a secret with all its versions.

        The values cannot be restored, except from a backup of the database.
        """
        params: dict[str, Any] = {
            "name": name,
            "tenant": tenant,
        }
        return await self._call("secret.delete", params, SecretDeleteResult.from_json)

    async def secret_list(self, *, tenant: str | None = None, after: str | None = None, limit: int | None = None) -> SecretListResult:
        """Lists secrets without their values, one page per call.

        Only secrets of the caller's tenants are listed.
        """
        params: dict[str, Any] = {
            "tenant": tenant,
            "after": after,
            "limit": limit,
        }
        return await self._call("secret.list", params, SecretListResult.from_json)

    async def secret_reveal(self, name: str, *, tenant: str | None = None) -> SecretRevealResult:
        """Returns the value of an exportable secret.

        No role has the scope of this method; it is given by name. The value of a sealed secret is never returned. Each call is written to the audit before its reply, so it counts as a change.
        """
        params: dict[str, Any] = {
            "name": name,
            "tenant": tenant,
        }
        return await self._call("secret.reveal", params, SecretRevealResult.from_json)

    async def secret_set(self, name: str, value: str, *, tenant: str | None = None, class_: SecretClass | None = None) -> SecretResult:
        """Sets the value of a secret.

        Creates the secret, or a new version of it. The reply never has the value. The last 20 versions are kept. A class can change from `exportable` to `sealed`, and never back.
        """
        params: dict[str, Any] = {
            "name": name,
            "value": value,
            "tenant": tenant,
            "class": class_,
        }
        return await self._call("secret.set", params, SecretResult.from_json)

    async def session_authenticate(self, token: str) -> WhoAmIResult:
        """Shows the daemon who calls, by a token.

        Before a connection of TCP or a WebSocket has shown a token or a client certificate, it can call only this method and `system.ping`, and it ends after 10 s. The connection keeps the rights of the token until another token is shown, the token ends, or the connection closes. Over HTTP, send the header `Authorization: Bearer TOKEN` with each request instead.
        """
        params: dict[str, Any] = {
            "token": token,
        }
        return await self._call("session.authenticate", params, WhoAmIResult.from_json)

    async def status_get(self, instance: str, *, tenant: str | None = None) -> StatusGetResult:
        """Returns an instance and its active job."""
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
        }
        return await self._call("status.get", params, StatusGetResult.from_json)

    async def status_list(self, *, tenant: str | None = None, phases: list[Phase] | None = None, include_destroyed: bool | None = None, after: str | None = None, limit: int | None = None) -> StatusListResult:
        """Lists instances, one page per call.

        An instance must match every filter that is given.
        """
        params: dict[str, Any] = {
            "tenant": tenant,
            "phases": phases,
            "includeDestroyed": include_destroyed,
            "after": after,
            "limit": limit,
        }
        return await self._call("status.list", params, StatusListResult.from_json)

    async def suspend(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Shuts down an instance's machine.

        The disk is kept, and the provider still bills it. If the operating system does not shut down in time, the power is cut. The instance must be `running` or `degraded`, else the call fails with `phaseConflict`. If a suspend is already active, the reply has that job. An active job of another kind is `instanceBusy`.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return await self._call("suspend", params, OperationResult.from_json)

    async def system_health(self) -> HealthResult:
        """Reports whether the daemon can do its work.

        Each call writes to the database and waits until the write is durable.
        """
        params: dict[str, Any] = {
        }
        return await self._call("system.health", params, HealthResult.from_json)

    async def system_info(self) -> InfoResult:
        """Returns the daemon's version, database, regions and sizes."""
        params: dict[str, Any] = {
        }
        return await self._call("system.info", params, InfoResult.from_json)

    async def system_limits(self) -> LimitsResult:
        """Returns the limits of messages, calls, connections and subscriptions."""
        params: dict[str, Any] = {
        }
        return await self._call("system.limits", params, LimitsResult.from_json)

    async def system_ping(self) -> PingResult:
        """Checks that the daemon replies.

        Does not use the database.
        """
        params: dict[str, Any] = {
        }
        return await self._call("system.ping", params, PingResult.from_json)

    async def tenant_create(self, tenant: str, *, quota: TenantQuota | None = None) -> TenantResult:
        """Creates a tenant.

        Instances, secrets and tokens belong to tenants. The tenant `default` exists from the start.
        """
        params: dict[str, Any] = {
            "tenant": tenant,
            "quota": quota,
        }
        return await self._call("tenant.create", params, TenantResult.from_json)

    async def tenant_list(self) -> TenantListResult:
        """Lists the tenants that the caller may see.

        A caller with all tenants sees all of them.
        """
        params: dict[str, Any] = {
        }
        return await self._call("tenant.list", params, TenantListResult.from_json)

    async def tenant_set(self, tenant: str, *, quota: TenantQuota | None = None, enabled: bool | None = None) -> TenantResult:
        """Changes the limits of a tenant, or disables it.

        Tokens of a disabled tenant are refused within a second, on all daemons. Its instances continue to run.
        """
        params: dict[str, Any] = {
            "tenant": tenant,
            "quota": quota,
            "enabled": enabled,
        }
        return await self._call("tenant.set", params, TenantResult.from_json)

    async def token_create(self, principal: str, name: str, *, scopes: list[str] | None = None, tenants: list[str] | None = None, not_before: datetime | None = None, expires: datetime | None = None, restrictions: list[str] | None = None) -> TokenCreateResult:
        """Creates a token of a principal.

        The reply has the text of the token, which cannot be shown again. A token can only have rights that its principal and the caller have.
        """
        params: dict[str, Any] = {
            "principal": principal,
            "name": name,
            "scopes": scopes,
            "tenants": tenants,
            "notBefore": not_before,
            "expires": expires,
            "restrictions": restrictions,
        }
        return await self._call("token.create", params, TokenCreateResult.from_json)

    async def token_explain(self, text: str) -> TokenExplainResult:
        """Says what a token allows, and why it may be refused.

        Restrictions on the peer are not checked.
        """
        params: dict[str, Any] = {
            "text": text,
        }
        return await self._call("token.explain", params, TokenExplainResult.from_json)

    async def token_list(self, *, principal: str | None = None, all: bool | None = None, after: str | None = None, limit: int | None = None) -> TokenListResult:
        """Lists tokens, one page per call.

        The reply never has the text of a token.
        """
        params: dict[str, Any] = {
            "principal": principal,
            "all": all,
            "after": after,
            "limit": limit,
        }
        return await self._call("token.list", params, TokenListResult.from_json)

    async def token_revoke(self, token: str) -> TokenResult:
        """Revokes a token.

        Connections with the token end within a second, on all daemons. A second call changes nothing.
        """
        params: dict[str, Any] = {
            "token": token,
        }
        return await self._call("token.revoke", params, TokenResult.from_json)

    async def vault_adopt(self, *, delete: bool | None = None) -> VaultImportResult:
        """Puts the credentials of this daemon's files and configuration into the vault.

        These are the keys of machines in its credentials directory, and the credentials of providers. It replaces no secret, and can be repeated. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "delete": delete,
        }
        return await self._call("vault.adopt", params, VaultImportResult.from_json)

    async def vault_delete(self, name: str) -> VaultDeleteResult:
        """Deletes a secret of the installation with all its versions.

        The keys of machines cannot be deleted by it. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "name": name,
        }
        return await self._call("vault.delete", params, VaultDeleteResult.from_json)

    async def vault_set(self, name: str, value: str) -> VaultSetResult:
        """Sets the value of a secret of the installation.

        A setting such as `hetzner.token: vault:hetzner.token` uses it for each call to the provider, so a new value needs no restart. No method returns the value. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
            "name": name,
            "value": value,
        }
        return await self._call("vault.set", params, VaultSetResult.from_json)

    async def vault_status(self) -> VaultStatusResult:
        """Shows the keys of the vault and the secrets of the installation.

        A key can be removed from the key files of all daemons when no version and no token names it. Only callers of all tenants can call it.
        """
        params: dict[str, Any] = {
        }
        return await self._call("vault.status", params, VaultStatusResult.from_json)
