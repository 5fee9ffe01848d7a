"""Watching without a terminal: lines and documents, ends, lost connections."""

import signal
import threading

import pytest

from daemon import Drop, Refusal, Stream
from samples import INSTANCE, JOB, event, failure_events, instance, job, provision_events, running

PROVISION = ["provision", "ada", "--region", "eu-central", "--size", "small"]
ALL = {"filter": {"job": JOB}, "from": "start", "until": "terminal"}


@pytest.fixture
def accepted(daemon):
    """A daemon that accepts a provision."""
    daemon.on("provision", {"instance": instance(), "job": job()})
    daemon.on("job.get", {"job": job()})
    return daemon


def test_an_operation_is_watched_to_its_end(aura, accepted):
    accepted.on("status.subscribe", Stream(provision_events()))
    run = aura(*PROVISION, "--watch")
    assert run.code == 0
    assert run.err == f"aura: job {JOB} is queued; ^C detaches, and it goes on\n"
    assert len(run.lines) == len(provision_events())
    assert run.lines[0] == "12:00:01  queued        provision of ada is queued"
    assert "12:00:09  provisioning  server.create  creating cx23 in nbg1" in run.lines
    assert "12:00:14  configuring   machine.configure  started" in run.lines
    assert run.lines[-1].endswith("  running       provision succeeded after 24 s")
    assert accepted.calls[:2] == [
        ("provision", {"name": "ada", "region": "eu-central", "size": "small"}), ("status.subscribe", ALL)]
    assert accepted.connections == 1


def test_times_are_printed_in_the_local_time_zone(aura, accepted):
    accepted.on("status.subscribe", Stream(provision_events()[-1:]))
    assert aura(*PROVISION, "--watch", TZ="EST5").lines[0].startswith("07:00:")


def test_watch_with_json_prints_the_reply_and_the_events_unchanged(aura, accepted):
    events = provision_events()
    events[3]["later"] = {"unknown": True}
    accepted.on("status.subscribe", Stream(events))
    run = aura(*PROVISION, "--watch", "--json")
    assert (run.code, run.err) == (0, "")
    assert run.documents == [{"instance": instance(), "job": job()}] + events


def test_each_event_is_printed_when_it_arrives(start, accepted):
    shown = threading.Semaphore(0)
    stream = Stream(provision_events()[:3], before=lambda event: event["seq"] == 1 or shown.acquire(timeout=20))
    accepted.on("status.subscribe", stream)
    process = start(*PROVISION, "--watch")
    for event in provision_events()[:3]:
        assert event["message"] in process.stdout.readline()
        shown.release()


@pytest.mark.parametrize("ending, state", [("job.failed", "failed"), ("job.cancelled", "cancelled")])
def test_a_failed_or_cancelled_job_has_exit_code_1(aura, accepted, ending, state):
    accepted.on("status.subscribe", Stream([event(1, ending, f"provision {state} after 3 s: no room", phase="failed")]))
    run = aura(*PROVISION, "--watch")
    assert run.code == 1
    assert run.lines == [f"12:00:01  failed        provision {state} after 3 s: no room"]
    assert run.err.splitlines()[-1] == (
        f"aura: cannot provision ada: provision {state} after 3 s: no room; see aura job show {JOB}")


def test_an_event_of_an_unknown_type_is_printed(aura, accepted):
    strange = event(1, "moon.risen", "", phase="dreaming", step="sky.look")
    accepted.on("status.subscribe", Stream([strange, event(2, "job.succeeded", "done", phase="running")]))
    run = aura(*PROVISION, "--watch")
    assert (run.code, run.lines[0]) == (0, "12:00:01  dreaming      sky.look  risen")


def test_a_job_is_watched_from_its_start(aura, daemon):
    daemon.on("status.subscribe", Stream(provision_events()))
    assert aura("watch", "--job", JOB).code == 0
    assert daemon.calls == [("status.subscribe", ALL)]


def test_a_watch_of_a_finished_job_reports_its_result(aura, daemon):
    ended = job(state="failed", failure={"class": "permanent", "code": "nope", "message": "not allowed"})
    daemon.on("status.subscribe", Stream([], head=99)).on("job.get", {"job": ended})
    run = aura("watch", "--job", JOB, "--from", "now")
    assert (run.code, run.out) == (1, "")
    assert run.err == f"aura: cannot call it a success: provision failed: not allowed; see aura job show {JOB}\n"
    daemon.on("job.get", {"job": job(state="succeeded")})
    assert aura("watch", "--job", JOB, "--from", "99").code == 0
    assert [params["from"] for params in daemon.params("status.subscribe")] == ["now", 99]


def test_an_instance_is_watched_from_now_to_its_end(aura, daemon):
    daemon.on("status.subscribe", Stream(provision_events()))
    assert aura("watch", "ada", "--tenant", "acme", "--until", "terminal").code == 0
    filter = {"instance": "ada", "tenant": "acme"}
    assert daemon.calls == [("status.subscribe", {"filter": filter, "from": "now", "until": "terminal"})]


def test_the_last_job_of_an_instance_decides_the_exit_code(aura, daemon):
    events = failure_events() + [event(16, "job.succeeded", "destroy succeeded", job="j2", phase="destroyed")]
    daemon.on("status.subscribe", Stream(events))
    assert aura("watch", "ada", "--from", "start", "--until", "terminal").code == 0


def test_watch_all_prints_instance_names(aura, daemon):
    names = {INSTANCE: "ada", "i2": "bob"}
    daemon.on("status.get", lambda params: {"instance": instance(names[params["instance"]])})
    events = [event(1, "job.queued", "a"), event(2, "job.started", "b", instance="i2"), event(3, "job.succeeded", "c")]
    daemon.on("status.subscribe", Stream(events))
    run = aura("watch", "--all", "--until", "terminal")
    assert [line.split()[1] for line in run.lines] == ["ada", "bob", "ada"]
    assert daemon.methods().count("status.get") == 2
    assert daemon.params("status.subscribe") == [{"from": "now", "until": "terminal"}]


def test_watch_all_of_a_tenant_fails_if_one_job_fails(aura, daemon):
    events = [event(1, "job.failed", "first"), event(2, "job.succeeded", "second", instance="i2", job="j2")]
    daemon.on("status.get", Refusal(-32020, "instanceNotFound", "gone")).on("status.subscribe", Stream(events))
    run = aura("watch", "--all", "--tenant", "acme", "--until", "terminal")
    assert run.code == 1 and "cannot call it a success: first; see" in run.err
    assert daemon.params("status.subscribe")[0]["filter"] == {"tenant": "acme"}
    assert run.lines[0].split()[1] == INSTANCE


def test_a_watch_resumes_after_the_last_event_of_a_lost_connection(aura, accepted):
    events = provision_events()
    cut = len(events) // 2
    # The second stream repeats the last event, which no daemon should do: it is shown once.
    accepted.on("status.subscribe", Stream(events[:cut], then="drop"), Stream(events[cut - 1 :]))
    run = aura(*PROVISION, "--watch", "--json")
    assert (run.code, run.err) == (0, "")
    assert run.documents[1:] == events
    assert [params["from"] for params in accepted.params("status.subscribe")] == ["start", cut]
    assert accepted.connections == 2


def test_a_lost_connection_is_reported_on_standard_error(aura, accepted):
    events = provision_events()
    accepted.on("status.subscribe", Stream(events[:2], then="drop"), Stream(events[2:]))
    run = aura(*PROVISION, "--watch")
    assert len(run.lines) == len(events)
    assert run.err.splitlines()[1:] == [
        "aura: the connection to the daemon is lost, trying again for 60 s", "aura: connected again"]


def test_a_connection_lost_before_the_watch_repeats_no_operation(aura, accepted):
    accepted.on("status.subscribe", Drop(), Drop(), Stream(provision_events()))
    run = aura(*PROVISION, "--watch", "--json")
    assert run.code == 0 and run.documents[1:] == provision_events()
    assert [params["from"] for params in accepted.params("status.subscribe")] == ["start"] * 3
    assert accepted.methods().count("provision") == 1


def test_a_watch_from_now_resumes_at_its_first_head(aura, daemon):
    daemon.on("status.subscribe", Stream([], then="drop", head=41), Stream(provision_events()[-1:]))
    aura("watch", "ada", "--until", "terminal")
    assert [params["from"] for params in daemon.params("status.subscribe")] == ["now", 41]


def test_a_watch_survives_a_restart_of_the_daemon(start, accepted):
    events = provision_events()
    accepted.on("status.subscribe", Stream(events[:5], then="hold"), Stream(events[5:]))
    process = start(*PROVISION, "--watch")
    for _ in range(5):
        process.stdout.readline()
    accepted.stop()
    assert "trying again" in [process.stderr.readline(), process.stderr.readline()][1]
    accepted.listen()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert len(out.splitlines()) == len(events) - 5
    assert accepted.params("status.subscribe")[1]["from"] == 5


def test_a_watch_retries_while_the_daemon_shuts_down(aura, accepted):
    events = provision_events()
    closing = Refusal(-32011, "shuttingDown", "cannot take calls, the daemon goes down", True)
    accepted.on("status.subscribe", Stream(events[:2], then="drop"), closing, Stream(events[2:]))
    run = aura(*PROVISION, "--watch", "--json")
    assert run.code == 0 and run.documents[1:] == events


def test_another_database_after_the_restart_ends_the_watch(aura, accepted):
    ahead = Refusal(-32029, "cursorAhead", "cannot subscribe from 2, the newest event is 0: is this another database?")
    accepted.on("status.subscribe", Stream(provision_events()[:2], then="drop"), ahead)
    run = aura(*PROVISION, "--watch")
    assert run.code == 2 and run.err.splitlines()[-1] == f"aura: {ahead.error['message']}"


def test_an_absent_daemon_ends_the_watch_with_an_error(aura, accepted):
    def stop(params):
        threading.Timer(0.05, accepted.stop).start()
        return Stream(provision_events()[:2], then="hold")

    accepted.on("status.subscribe", stop)
    run = aura(*PROVISION, "--watch", "--reconnect", "1")
    assert run.code == 3
    assert run.err.splitlines()[-1] == (
        f"aura: cannot go on watching, the daemon was away for 1 s: go on with aura watch --job {JOB}")


def test_a_lagged_subscription_is_resumed(aura, accepted):
    events = provision_events()
    lagged = {"type": "subscription.ended", "reason": "lagged", "seq": 4}
    accepted.on("status.subscribe", Stream(events[:4] + [lagged], then="drop"), Stream(events[4:]))
    run = aura(*PROVISION, "--watch", "--json")
    assert run.code == 0 and run.documents[1:] == events


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_watch_prints_the_command_that_continues_it(start, accepted, number, code):
    accepted.on("status.subscribe", Stream(provision_events()[:2], then="hold"))
    process = start(*PROVISION, "--watch")
    process.stdout.readline()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert err.splitlines()[-1] == (
        f"aura: detached, what was begun goes on; follow it again with: aura watch --job {JOB}")
    assert "job.cancel" not in accepted.methods()


def test_an_interrupted_instance_watch_prints_a_resume_command_with_its_seq(start, daemon):
    daemon.on("status.subscribe", Stream(provision_events()[:2], then="hold"))
    process = start("watch", "ada", "--json")
    process.stdout.readline()
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert '"resume":"aura watch ada --from 2"' in err and '"code":"interrupted"' in err


def test_a_watch_of_an_unknown_job_is_refused(aura, daemon):
    daemon.on("status.subscribe", Refusal(-32021, "jobNotFound", "no job has the id x: job.list shows those that exist"))
    run = aura("watch", "--job", "x")
    assert (run.code, run.out) == (2, "")
    assert run.err == "aura: cannot watch job x: no job has the id x: job.list shows those that exist\n"


def test_the_last_line_shows_the_phase_after_the_operation(aura, daemon):
    daemon.on("suspend", {"instance": running(), "job": job("suspend")})
    daemon.on("status.subscribe", Stream([event(1, "job.succeeded", "suspend succeeded after 2 s", phase="suspended")]))
    run = aura("suspend", "ada", "--watch")
    assert (run.code, run.lines) == (0, ["12:00:01  suspended     suspend succeeded after 2 s"])
