"""Each command: its calls, and its output as text and as documents."""

import pytest

from daemon import FakeDaemon, Refusal
from samples import CHANGE, INSTANCE, JOB, ago, at, instance, job, plan, running, step


def test_provision_prints_the_command_that_follows_its_job(aura, daemon):
    daemon.on("provision", {"instance": instance(), "job": job()})
    run = aura(
        "provision", "ada", "--region", "eu-central", "--size", "small", "--tenant", "acme", "--idempotency-key", "evt_1",
        "--change", "c1")
    assert (run.code, run.err) == (0, "")
    assert run.out == f"ada: provision is queued, follow it with: aura watch --job {JOB}\n"
    assert daemon.calls == [
        ("provision", {
            "name": "ada", "region": "eu-central", "size": "small", "tenant": "acme", "idempotencyKey": "evt_1",
            "change": "c1",
        })
    ]


def test_provision_omits_options_that_are_not_given(aura, daemon):
    daemon.on("provision", {"instance": instance(), "job": job()})
    assert aura("provision", "ada", "--region", "eu-central", "--size", "small").code == 0
    assert daemon.params("provision") == [{"name": "ada", "region": "eu-central", "size": "small"}]


def test_provision_with_json_prints_the_reply_unchanged(aura, daemon):
    answer = {"instance": instance(), "job": job(), "later": {"additions": [1, 2.5, None]}}
    daemon.on("provision", answer)
    run = aura("provision", "ada", "--region", "eu-central", "--size", "small", "--json")
    assert (run.code, run.err, run.documents) == (0, "", [answer])


@pytest.mark.parametrize("method", ["suspend", "resume", "restart", "destroy"])
def test_operations_send_their_options_and_print_the_follow_command(aura, daemon, method):
    daemon.on(method, {"instance": instance(phase="running"), "job": job(method)})
    run = aura(method, "ada", "--tenant", "acme", "--idempotency-key", "k", "--change", "c")
    assert (run.code, run.err) == (0, "")
    assert run.out == f"ada: {method} is queued, follow it with: aura watch --job {JOB}\n"
    assert daemon.calls == [(method, {"instance": "ada", "tenant": "acme", "idempotencyKey": "k", "change": "c"})]


def test_list_is_a_table(aura, daemon):
    rows = [running(), {**instance("bob-the-second", "provisioning"), "createdAt": ago(180)}]
    rows[0]["createdAt"] = ago(3 * 86400)
    daemon.on("status.list", {"instances": rows})
    run = aura("list")
    assert (run.code, run.err) == (0, "")
    assert run.lines == [
        "NAME            PHASE         REGION      SIZE   ADDRESS       TAILNET NAME           AGE",
        "ada             running       eu-central  small  203.0.113.10  aura-ada.tail1.ts.net  3 d",
        "bob-the-second  provisioning  eu-central  small  -             -                      3 min",
    ]


def test_list_sends_its_filters_and_reads_every_page(aura, daemon):
    pages = {None: {"instances": [instance("a")], "next": "i1"}, "i1": {"instances": [instance("b")]}}
    daemon.on("status.list", lambda params: pages[params.get("after")])
    run = aura("list", "--tenant", "acme", "--phase", "running", "--phase", "failed", "--all")
    assert [line.split()[0] for line in run.lines] == ["NAME", "a", "b"]
    wished = {"tenant": "acme", "phases": ["running", "failed"], "includeDestroyed": True, "limit": 500}
    assert daemon.params("status.list") == [wished, {**wished, "after": "i1"}]
    assert aura("list", "--json").documents == list(pages.values())


def test_list_stops_at_its_limit(aura, daemon):
    daemon.on("status.list", {"instances": [instance("a")], "next": "i1"})
    run = aura("list", "--limit", "2")
    assert [params["limit"] for params in daemon.params("status.list")] == [2, 1]
    assert len(run.lines) == 3


def test_an_empty_list_is_reported_on_standard_error(aura, daemon):
    daemon.on("status.list", {"instances": []})
    run = aura("list")
    assert (run.code, run.out, run.err) == (0, "", "aura: there are no such instances\n")


def test_list_names_unreadable_instances_on_standard_error(aura, daemon):
    pages = {
        None: {"instances": [instance("a")], "unreadable": ["i7"], "next": "i7"},
        "i7": {"instances": [], "unreadable": ["i8"]},
    }
    daemon.on("status.list", lambda params: pages[params.get("after")])
    run = aura("list")
    assert (run.code, len(run.lines)) == (0, 2)
    assert run.err == "aura: 2 instances cannot be read: i7, i8; the daemon's log says why\n"
    run = aura("list", "--json")
    assert (run.code, run.err, run.documents) == (0, "", list(pages.values()))


def test_list_names_an_unreadable_instance_if_no_other_exists(aura, daemon):
    daemon.on("status.list", {"instances": [], "unreadable": ["i7"]})
    run = aura("list")
    assert (run.code, run.out) == (0, "")
    assert run.err == "aura: 1 instance cannot be read: i7; the daemon's log says why\n"


def test_list_names_at_most_ten_unreadable_instances(aura, daemon):
    daemon.on("status.list", {"instances": [], "unreadable": [f"i{number}" for number in range(12)]})
    named = ", ".join(f"i{number}" for number in range(10))
    run = aura("list")
    assert run.err == f"aura: 12 instances cannot be read: {named} and 2 more; the daemon's log says why\n"


def test_show_is_a_card(aura, daemon):
    daemon.on("status.get", {"instance": running()})
    run = aura("show", "ada", "--tenant", "acme")
    assert (run.code, run.err) == (0, "")
    assert run.lines[0] == "ada  running"
    card = dict(line.split(maxsplit=1) for line in run.lines[1:])
    assert card["id"] == INSTANCE and card["change"] == CHANGE
    assert card["server"] == "cx23 in nbg1, aura-ada-0000ada1-g1, id 42"
    assert card["address"] == "203.0.113.10"
    assert card["tailnet"] == "aura-ada.tail1.ts.net  100.64.0.7"
    assert card["created"].startswith("2026-11-20 12:00:00 (")
    assert daemon.calls == [("status.get", {"instance": "ada", "tenant": "acme"})]


def test_show_prints_the_steps_of_a_running_job(aura, daemon):
    steps = plan()
    steps[0] = step("credentials.make", "done", startedAt=at(0), finishedAt=at(2))
    steps[1] = step("key.create", "intent", startedAt=at(2))
    found = {"instance": instance(phase="provisioning"), "job": job(state="running", startedAt=at(0))}
    daemon.on("status.get", found).on("job.get", {"job": {**found["job"], "steps": steps}})
    run = aura("show", "ada")
    assert run.code == 0
    assert "job provision  running" in run.lines
    assert "  ✓ credentials.make    0:02" in run.lines
    assert "  · server.boot         about 0:20" in run.lines
    assert any(line.startswith("  ⠋ key.create") for line in run.lines)
    assert aura("show", "ada", "--json").documents == [found]


def test_show_prints_why_an_instance_failed(aura, daemon):
    failure = {"class": "capacity", "code": "placement_error", "message": "no room\x1b[31m\nanywhere", "correlationId": "x1"}
    daemon.on("status.get", {"instance": instance(phase="failed", failure=failure)})
    (line,) = [line for line in aura("show", "ada").lines if "failure" in line]
    assert line.split(maxsplit=1)[1] == "capacity placement_error: no room [31m anywhere (provider's id x1)"


def test_show_accepts_an_unknown_phase_and_kind(aura, daemon):
    daemon.on("status.get", {"instance": instance(phase="hibernating", kind="worker", planet="earth")})
    assert aura("show", "ada").lines[0] == "ada  hibernating"


def test_job_list_shows_unfinished_jobs_by_default(aura, daemon):
    daemon.on("job.list", {"jobs": [job(state="waiting", waitingFor="for the machine to boot")]})
    daemon.on("status.get", {"instance": instance()})
    run = aura("job", "list")
    assert run.lines[0].split() == ["JOB", "KIND", "INSTANCE", "STATE", "AGE", "TOOK", "NOTE"]
    assert run.lines[1].startswith(f"{JOB}  provision  ada       waiting")
    assert run.lines[1].endswith("-     waits for the machine to boot")
    assert daemon.params("job.list") == [{"states": ["queued", "running", "waiting", "compensating"], "limit": 500}]


@pytest.mark.parametrize(
    "arguments, params",
    [
        (["--all"], {}),
        (["--instance", "ada", "--tenant", "acme"], {"instance": "ada", "tenant": "acme"}),
        (["--change", "c1"], {"change": "c1"}),
        (["--state", "failed", "--state", "cancelled"], {"states": ["failed", "cancelled"]}),
    ])
def test_job_list_sends_its_filters(aura, daemon, arguments, params):
    daemon.on("job.list", {"jobs": []})
    run = aura("job", "list", *arguments)
    assert (run.code, run.out, run.err) == (0, "", "aura: there are no such jobs\n")
    assert daemon.params("job.list") == [{**params, "limit": 500}]


@pytest.mark.parametrize(
    "arguments, method, params",
    [
        (["job", "list", "--state", "paused"], "job.list", {"states": ["paused"], "limit": 500}),
        (["list", "--phase", "orbiting"], "status.list", {"phases": ["orbiting"], "limit": 500}),
        (["watch", "--all", "--until", "noon"], "status.subscribe", {"from": "now", "until": "noon"}),
    ])
def test_values_that_only_a_daemon_knows_are_sent_and_the_daemon_decides(aura, daemon, arguments, method, params):
    reason = 'params.states[0]: expected one of "queued", "running", found "paused"'
    daemon.on(method, Refusal(-32602, "invalidParams", f"cannot read the parameters, {reason}"))
    run = aura(*arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err.endswith(f"cannot read the parameters, {reason}\n")
    assert daemon.params(method) == [params]


def test_job_list_names_unreadable_jobs_on_standard_error(aura, daemon):
    daemon.on("job.list", {"jobs": [job()], "unreadable": ["j7"]}).on("status.get", {"instance": instance()})
    run = aura("job", "list")
    assert (run.code, len(run.lines)) == (0, 2)
    assert run.err == "aura: 1 job cannot be read: j7; the daemon's log says why\n"


def test_job_list_shows_the_id_of_a_missing_instance(aura, daemon):
    daemon.on("job.list", {"jobs": [job()]}).on("status.get", Refusal(-32020, "instanceNotFound", "no instance"))
    run = aura("job", "list")
    assert run.code == 0 and run.lines[1].split()[2] == INSTANCE


def test_job_show_accepts_unknown_states_and_kinds(aura, daemon):
    steps = [step("moon.look", "dreaming", phase="orbiting")]
    daemon.on("job.get", {"job": job("hibernate", "paused", steps=steps, cancellation="forgotten", moon=True)})
    run = aura("job", "show", JOB)
    assert run.lines[0] == "job hibernate  paused" and run.lines[-1].split()[:2] == ["·", "moon.look"]


def test_job_show_has_card_and_steps(aura, daemon):
    answer = {"job": job(state="failed", finishedAt=at(75), steps=plan())}
    answer["job"]["failure"] = {"class": "permanent", "code": "nope", "message": "not allowed"}
    daemon.on("job.get", answer)
    run = aura("job", "show", JOB)
    assert run.lines[0] == "job provision  failed"
    assert any(line.split() == ["took", "1:15"] for line in run.lines)
    assert any(line.endswith("permanent nope: not allowed") for line in run.lines)
    assert run.lines[-1].rstrip() == "  · agent.health"
    assert not any("about" in line for line in run.lines)
    assert aura("job", "show", JOB, "--json").documents == [answer]


def test_job_cancel_prints_the_command_that_follows_the_job(aura, daemon):
    daemon.on("job.cancel", {"job": job(state="running", cancellation="requested")})
    run = aura("job", "cancel", JOB)
    assert run.out == f"job {JOB} is being cancelled, follow it with: aura watch --job {JOB}\n"
    assert daemon.calls == [("job.cancel", {"job": JOB})]
    assert aura("job", "cancel", JOB, "--json").documents[0]["job"]["cancellation"] == "requested"


def test_job_retry_prints_whether_a_new_job_began(aura, daemon):
    daemon.on("job.retry", {"instance": instance(), "job": job(state="waiting")})
    run = aura("job", "retry", JOB)
    assert run.out == f"job {JOB} goes on now, follow it with: aura watch --job {JOB}\n"
    daemon.on("job.retry", {"instance": instance(), "job": {**job(), "id": "j2"}})
    run = aura("job", "retry", JOB, "--idempotency-key", "k")
    assert run.out == f"job {JOB} is done again by job j2, follow it with: aura watch --job j2\n"
    assert daemon.params("job.retry") == [{"job": JOB}, {"job": JOB, "idempotencyKey": "k"}]


def test_job_explain_has_a_summary_and_resources(aura, daemon):
    answer = {
        "job": job(state="waiting"), "summary": "It waits.", "next": "It continues.",
        "resources": [{"kind": "server", "id": "42", "name": "aura-ada-g1", "state": "off", "ours": True}],
        "unseen": [{"kind": "volume", "reason": "timeout"}],
    }
    daemon.on("job.explain", answer)
    run = aura("job", "explain", JOB)
    assert [line.split() for line in run.lines] == [
        ["It", "waits."], [], ["KIND", "NAME", "ID", "STATE", "OURS"], ["server", "aura-ada-g1", "42", "off", "yes"],
        ["volume", "not", "seen:", "timeout", "-", "-", "-"]]
    assert aura("job", "explain", JOB, "--json").documents == [answer]


def test_reconcile_has_listings_and_findings(aura, daemon):
    finding = {"verdict": "orphan", "kind": "server", "id": "42", "name": "aura-x-g1", "action": "melted", "reason": "old"}
    answer = {
        "startedAt": at(0), "tookMs": 5, "dryRun": True, "owned": 1, "busy": 0, "findings": [finding],
        "listings": [
            {"kind": "server", "count": 2, "believed": True},
            {"kind": "device", "count": 0, "believed": False, "failure": "no token"},
        ],
    }
    daemon.on("reconcile.run", answer)
    run = aura("reconcile", "--dry-run")
    assert run.lines[:3] == ["2 servers", "0 devices: not listed, no token", "1 owned, 0 at work on, 1 to look at"]
    assert run.lines[4].split() == ["KIND", "NAME", "ID", "FOUND", "WOULD", "BE", "WHY"]
    assert run.lines[5].split() == ["server", "aura-x-g1", "42", "orphan", "melted", "old"]
    assert daemon.params("reconcile.run") == [{"dryRun": True}]
    assert aura("reconcile", "--json").documents == [answer]


def test_ping_prints_the_address_and_the_time(aura, daemon):
    daemon.on("system.ping", {"pong": True})
    run = aura("ping")
    assert run.out.startswith(f"{daemon.path} answers in ") and run.out.endswith(" ms\n")
    assert aura("ping", "--json").out == '{"pong":true}\n'


def test_info_prints_a_card_or_json(aura, daemon):
    answer = {
        "name": "aurad", "version": "0.1.0", "installation": "prod", "startedAt": at(0), "database": "sqlite",
        "regions": ["eu-central", "us-east"], "sizes": ["small"],
    }
    daemon.on("system.info", answer)
    run = aura("info")
    assert run.lines[0] == "aurad 0.1.0"
    assert "  regions       eu-central, us-east" in run.lines
    assert aura("info", "--json").documents == [answer]


def test_options_may_stand_before_the_command(aura, daemon, tmp_path):
    daemon.on("system.ping", {"pong": True})
    elsewhere = str(tmp_path / "nowhere.sock")
    assert aura("--socket", daemon.path, "--json", "ping", AURA_SOCKET=elsewhere).out == '{"pong":true}\n'
    assert aura("ping", "--socket", daemon.path, AURA_SOCKET=elsewhere).code == 0


def test_the_follow_command_repeats_the_socket_option(aura, daemon):
    daemon.on("suspend", {"instance": instance(), "job": job("suspend")})
    run = aura("suspend", "ada", "--socket", daemon.path)
    assert run.out.endswith(f"follow it with: aura --socket {daemon.path} watch --job {JOB}\n")


def test_the_command_to_follow_is_quoted_for_a_shell(aura, daemon, tmp_path):
    (tmp_path / "a b").mkdir()
    other = FakeDaemon(tmp_path / "a b" / "s").on("suspend", {"instance": instance(), "job": {**job("suspend"), "id": "j; reboot"}})
    run = aura("suspend", "ada", "--socket", other.path)
    assert run.out.endswith(f"follow it with: aura --socket '{other.path}' watch --job 'j; reboot'\n")
    other.stop()
