"""`aura job wait`: the end of a job, lost connections, and the time limit."""

import pytest

from daemon import Drop, Refusal, Stream
from samples import JOB, event, job, provision_events


def ended(state="succeeded", **more):
    return {"job": job(state=state, **more)}


def test_job_wait_prints_the_finished_job(aura, daemon):
    daemon.on("status.subscribe", Stream(provision_events())).on("job.get", ended())
    run = aura("job", "wait", JOB)
    assert (run.code, run.out, run.err) == (0, f"job {JOB} succeeded\n", "")
    assert daemon.params("status.subscribe") == [{"filter": {"job": JOB}, "from": "now", "until": "terminal"}]
    assert aura("job", "wait", JOB, "--json").documents == [ended()]


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_failed_or_cancelled_job_has_exit_code_1(aura, daemon, state):
    failure = {"class": "permanent", "code": "nope", "message": "not allowed"}
    daemon.on("status.subscribe", Stream([event(1, f"job.{state}", "no")])).on("job.get", ended(state, failure=failure))
    run = aura("job", "wait", JOB)
    assert (run.code, run.err) == (1, f"aura: job {JOB} {state}: not allowed\n")


def test_an_unknown_job_is_refused(aura, daemon):
    unknown = Refusal(-32021, "jobNotFound", "no job has this id: see job.list")
    daemon.on("status.subscribe", unknown).on("job.get", unknown)
    for limit in ("0", "60"):
        assert aura("job", "wait", JOB, "--for", limit).code == 2


def test_an_expired_wait_has_exit_code_4(aura, daemon):
    daemon.on("status.subscribe", Stream([], then="hold")).on("job.get", ended("running"))
    for limit in ("0", "0.2"):
        run = aura("job", "wait", JOB, "--for", limit)
        assert (run.code, run.out) == (4, "")
        assert run.err == (
            f"aura: cannot wait any longer, job {JOB} is running after {limit} s: go on with aura job wait {JOB}\n")
    run = aura("job", "wait", JOB, "--for", "0.2", "--json")
    assert run.error["data"] == {"code": "waitTimeout", "retryable": True, "job": JOB, "state": "running"}


def test_a_wait_of_zero_seconds_succeeds_for_a_finished_job(aura, daemon):
    daemon.on("status.subscribe", Stream([], then="hold")).on("job.get", ended())
    assert aura("job", "wait", JOB, "--for", "0").code == 0


def test_a_wait_timeout_of_the_daemon_has_exit_code_4(aura, daemon):
    daemon.on("job.wait", Refusal(-32036, "waitTimeout", "the job is running", True))
    assert aura("rpc", "job.wait", f'{{"job":"{JOB}","timeoutMs":1}}').code == 4


def test_lost_connections_do_not_end_the_wait(aura, daemon):
    closing = Refusal(-32011, "shuttingDown", "cannot take calls, the daemon goes down", True)
    daemon.on("status.subscribe", Stream([], then="drop", head=41), closing, Stream(provision_events()[-1:]))
    daemon.on("job.get", Drop(), ended())
    run = aura("job", "wait", JOB)
    assert (run.code, run.out) == (0, f"job {JOB} succeeded\n")
    assert [params["from"] for params in daemon.params("status.subscribe")] == ["now", 41, 41]


def test_job_wait_survives_a_restart_of_the_daemon(start, daemon):
    daemon.on("status.subscribe", Stream([], then="hold"), Stream(provision_events()[-1:])).on("job.get", ended())
    process = start("job", "wait", JOB)
    daemon.wait_for("status.subscribe")
    daemon.stop()
    assert "trying again for 60 s" in process.stderr.readline()
    daemon.listen()
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, f"job {JOB} succeeded\n", "aura: connected again\n")


def test_an_absent_daemon_ends_the_wait_with_an_error(start, daemon):
    daemon.on("status.subscribe", Stream([], then="hold"))
    process = start("job", "wait", JOB, "--reconnect", "1")
    daemon.wait_for("status.subscribe")
    daemon.stop()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 3 and "the daemon was away for 1 s" in err
