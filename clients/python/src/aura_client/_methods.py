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

    def destroy(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Removes an instance and everything that was made for it.

        Takes over from any other job of the instance. It has no way back: what is in its way is waited for.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return self._call("destroy", params, OperationResult.from_json)

    def job_cancel(self, job: str) -> JobResult:
        """Asks for a job to end early.

        What it had begun is undone, and its end is `cancelled`. A job that can only go forward is not cancelled.
        """
        params: dict[str, Any] = {
            "job": job,
        }
        return self._call("job.cancel", params, JobResult.from_json)

    def job_explain(self, job: str) -> ExplainResult:
        """Why a job is where it is.

        Looks at the outside world for this answer.
        """
        params: dict[str, Any] = {
            "job": job,
        }
        return self._call("job.explain", params, ExplainResult.from_json)

    def job_get(self, job: str) -> JobResult:
        """A job with its steps."""
        params: dict[str, Any] = {
            "job": job,
        }
        return self._call("job.get", params, JobResult.from_json)

    def job_list(self, *, instance: str | None = None, tenant: str | None = None, change: str | None = None, states: list[JobState] | None = None, after: str | None = None, limit: int | None = None, order: ListOrder | None = None) -> JobListResult:
        """The jobs, page by page."""
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
        """Tries a failed job again, or wakes one that waits.

        A job that ended badly is tried by a new one; a job that waits for its next try goes on now.
        """
        params: dict[str, Any] = {
            "job": job,
            "idempotencyKey": idempotency_key or fresh_key(),
        }
        return self._call("job.retry", params, OperationResult.from_json)

    def job_wait(self, job: str, *, timeout_ms: int | None = None) -> JobResult:
        """Waits until a job has come to its end.

        `$/cancelRequest` ends the waiting, not the job.
        """
        params: dict[str, Any] = {
            "job": job,
            "timeoutMs": timeout_ms,
        }
        return self._call("job.wait", params, JobResult.from_json)

    def provision(self, name: str, region: str, size: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """One call, one running agent.

        Writes a job and answers at once; the job makes the machine, configures it, joins it to the tailnet and waits for the agent. A provision that fails is undone.
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
        """Compares the outside world with the database, and repairs.

        The same sweep runs by itself once a minute.
        """
        params: dict[str, Any] = {
            "dryRun": dry_run,
            "force": force,
        }
        return self._call("reconcile.run", params, ReconcileReport.from_json)

    def restart(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Shuts an instance's machine down and starts it.

        Two provider actions: off, and on.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return self._call("restart", params, OperationResult.from_json)

    def resume(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Starts a suspended instance's machine.

        The machine boots and the agent is waited for.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return self._call("resume", params, OperationResult.from_json)

    def status_get(self, instance: str, *, tenant: str | None = None) -> StatusGetResult:
        """An instance as it is."""
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
        }
        return self._call("status.get", params, StatusGetResult.from_json)

    def status_list(self, *, tenant: str | None = None, phases: list[Phase] | None = None, include_destroyed: bool | None = None, after: str | None = None, limit: int | None = None) -> StatusListResult:
        """The instances, page by page."""
        params: dict[str, Any] = {
            "tenant": tenant,
            "phases": phases,
            "includeDestroyed": include_destroyed,
            "after": after,
            "limit": limit,
        }
        return self._call("status.list", params, StatusListResult.from_json)

    def suspend(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Shuts an instance's machine down.

        The disk is kept, and still billed.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return self._call("suspend", params, OperationResult.from_json)

    def system_health(self) -> HealthResult:
        """Whether the daemon can do its work."""
        params: dict[str, Any] = {
        }
        return self._call("system.health", params, HealthResult.from_json)

    def system_info(self) -> InfoResult:
        """What the daemon is."""
        params: dict[str, Any] = {
        }
        return self._call("system.info", params, InfoResult.from_json)

    def system_limits(self) -> LimitsResult:
        """How much the wire takes."""
        params: dict[str, Any] = {
        }
        return self._call("system.limits", params, LimitsResult.from_json)

    def system_ping(self) -> PingResult:
        """Whether the daemon answers."""
        params: dict[str, Any] = {
        }
        return self._call("system.ping", params, PingResult.from_json)


class AsyncMethods:
    async def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
        raise NotImplementedError

    async def destroy(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Removes an instance and everything that was made for it.

        Takes over from any other job of the instance. It has no way back: what is in its way is waited for.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return await self._call("destroy", params, OperationResult.from_json)

    async def job_cancel(self, job: str) -> JobResult:
        """Asks for a job to end early.

        What it had begun is undone, and its end is `cancelled`. A job that can only go forward is not cancelled.
        """
        params: dict[str, Any] = {
            "job": job,
        }
        return await self._call("job.cancel", params, JobResult.from_json)

    async def job_explain(self, job: str) -> ExplainResult:
        """Why a job is where it is.

        Looks at the outside world for this answer.
        """
        params: dict[str, Any] = {
            "job": job,
        }
        return await self._call("job.explain", params, ExplainResult.from_json)

    async def job_get(self, job: str) -> JobResult:
        """A job with its steps."""
        params: dict[str, Any] = {
            "job": job,
        }
        return await self._call("job.get", params, JobResult.from_json)

    async def job_list(self, *, instance: str | None = None, tenant: str | None = None, change: str | None = None, states: list[JobState] | None = None, after: str | None = None, limit: int | None = None, order: ListOrder | None = None) -> JobListResult:
        """The jobs, page by page."""
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
        """Tries a failed job again, or wakes one that waits.

        A job that ended badly is tried by a new one; a job that waits for its next try goes on now.
        """
        params: dict[str, Any] = {
            "job": job,
            "idempotencyKey": idempotency_key or fresh_key(),
        }
        return await self._call("job.retry", params, OperationResult.from_json)

    async def job_wait(self, job: str, *, timeout_ms: int | None = None) -> JobResult:
        """Waits until a job has come to its end.

        `$/cancelRequest` ends the waiting, not the job.
        """
        params: dict[str, Any] = {
            "job": job,
            "timeoutMs": timeout_ms,
        }
        return await self._call("job.wait", params, JobResult.from_json)

    async def provision(self, name: str, region: str, size: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """One call, one running agent.

        Writes a job and answers at once; the job makes the machine, configures it, joins it to the tailnet and waits for the agent. A provision that fails is undone.
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
        """Compares the outside world with the database, and repairs.

        The same sweep runs by itself once a minute.
        """
        params: dict[str, Any] = {
            "dryRun": dry_run,
            "force": force,
        }
        return await self._call("reconcile.run", params, ReconcileReport.from_json)

    async def restart(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Shuts an instance's machine down and starts it.

        Two provider actions: off, and on.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return await self._call("restart", params, OperationResult.from_json)

    async def resume(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Starts a suspended instance's machine.

        The machine boots and the agent is waited for.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return await self._call("resume", params, OperationResult.from_json)

    async def status_get(self, instance: str, *, tenant: str | None = None) -> StatusGetResult:
        """An instance as it is."""
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
        }
        return await self._call("status.get", params, StatusGetResult.from_json)

    async def status_list(self, *, tenant: str | None = None, phases: list[Phase] | None = None, include_destroyed: bool | None = None, after: str | None = None, limit: int | None = None) -> StatusListResult:
        """The instances, page by page."""
        params: dict[str, Any] = {
            "tenant": tenant,
            "phases": phases,
            "includeDestroyed": include_destroyed,
            "after": after,
            "limit": limit,
        }
        return await self._call("status.list", params, StatusListResult.from_json)

    async def suspend(self, instance: str, *, tenant: str | None = None, idempotency_key: str | None = None, change: str | None = None) -> OperationResult:
        """Shuts an instance's machine down.

        The disk is kept, and still billed.
        """
        params: dict[str, Any] = {
            "instance": instance,
            "tenant": tenant,
            "idempotencyKey": idempotency_key or fresh_key(),
            "change": change,
        }
        return await self._call("suspend", params, OperationResult.from_json)

    async def system_health(self) -> HealthResult:
        """Whether the daemon can do its work."""
        params: dict[str, Any] = {
        }
        return await self._call("system.health", params, HealthResult.from_json)

    async def system_info(self) -> InfoResult:
        """What the daemon is."""
        params: dict[str, Any] = {
        }
        return await self._call("system.info", params, InfoResult.from_json)

    async def system_limits(self) -> LimitsResult:
        """How much the wire takes."""
        params: dict[str, Any] = {
        }
        return await self._call("system.limits", params, LimitsResult.from_json)

    async def system_ping(self) -> PingResult:
        """Whether the daemon answers."""
        params: dict[str, Any] = {
        }
        return await self._call("system.ping", params, PingResult.from_json)
