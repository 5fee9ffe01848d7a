"""The shell client's functions, in real shells against a live daemon."""

import json
import os
import subprocess
import time

import pytest

from harness import REPOSITORY, ScriptedSubscriptions, a_newer_daemon, eventually, fresh_name, half_a_snapshot

SHELL = REPOSITORY / "clients/shell"


@pytest.fixture
def world(shared_world):
    return shared_world


def environment(world, **more):
    return {**os.environ, "AURA_SOCKET": str(world.daemon.socket), "AURA_PATIENCE": "20", **more}


def run(world, script, seconds=60, **more):
    return subprocess.run(
        ["bash", "-uo", "pipefail", "-c", f"source {SHELL}/aura.sh; {script}"], env=environment(world, **more),
        capture_output=True, text=True, timeout=seconds)


def test_the_example_runs(world):
    name = fresh_name()
    done = subprocess.run(
        [SHELL / "example.sh", name], env=environment(world), capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("job.queued") and lines[-1] == "destroy succeeded"
    assert any(line.startswith(f"{name} runs at ") for line in lines)


def test_results_and_errors(world):
    name = fresh_name()
    made = run(world, f"aura_provision {name} eu-central small change=deploy-42")
    operation = json.loads(made.stdout)
    assert made.returncode == 0 and operation["job"]["change"] == "deploy-42"
    assert json.loads(run(world, "aura_system_ping").stdout) == {"pong": True}
    taken = run(world, f"aura_provision {name} eu-central small")
    assert taken.returncode == 1 and json.loads(taken.stderr)["data"]["code"] == "nameTaken"
    assert run(world, f"aura_wait {operation['job']['id']} >/dev/null").returncode == 0
    listed = json.loads(run(world, f"aura_job_list instance={name} limit=1 order=newest").stdout)
    assert [job["id"] for job in listed["jobs"]] == [operation["job"]["id"]]
    running = run(world, f"aura_status_list 'phases=[\"running\"]' | jq -r '.instances[].name'").stdout.split()
    assert name in running
    missing = run(world, "aura_provision ada")
    assert missing.returncode == 1 and "region is missing" in missing.stderr
    odd = run(world, f"aura_destroy {name} tenant")
    assert odd.returncode == 1 and "member=value" in odd.stderr
    quoted = run(world, """aura_status_get 'a"b $(touch /tmp/never)'""")
    assert quoted.returncode == 1 and json.loads(quoted.stderr)["data"]["path"] == "params.instance"
    assert run(world, f"aura_wait $(aura_destroy {name} | jq -r .job.id) >/dev/null").returncode == 0


def test_a_snapshot_and_what_was_refused(world):
    name = fresh_name()
    operation = json.loads(run(world, f"aura_provision {name} eu-central small").stdout)
    assert run(world, f"aura_wait {operation['job']['id']} >/dev/null").returncode == 0
    filtered = {"filter": {"instance": operation["instance"]["id"]}, "until": "terminal"}
    told = run(world, f"aura_subscribe '{json.dumps({**filtered, 'from': 'snapshot'})}'")
    page = json.loads(told.stdout)
    assert told.returncode == 0 and page["type"] == "subscription.snapshot" and page["complete"]
    assert [instance["name"] for instance in page["instances"]] == [name]
    odd = run(world, "aura_subscribe '{\"from\": -1}'")
    assert odd.returncode == 1 and json.loads(odd.stderr)["data"]["code"] == "invalidParams"


def test_half_a_snapshot_begins_anew(world, tmp_path):
    """Whole again, it is not asked for a second time: its events follow."""
    with ScriptedSubscriptions(tmp_path / "s.sock", half_a_snapshot({})) as scripted:
        told = run(world, "aura_subscribe '{\"from\": \"snapshot\"}'", AURA_SOCKET=scripted.path)
    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [line["instances"][0]["name"] for line in lines[:-1]] == ["lost", "one", "two"] and lines[-1]["seq"] == 8
    assert [params["from"] for params in scripted.asked] == ["snapshot", "snapshot", 7]


def test_what_only_a_newer_daemon_knows_is_printed_all_the_same(world, tmp_path):
    with ScriptedSubscriptions(tmp_path / "s.sock", a_newer_daemon(), head=7) as scripted:
        told = run(world, "aura_subscribe {}", AURA_SOCKET=scripted.path)
    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [(line["type"], line.get("mood")) for line in lines] == [("step.dreamt", "blue"), ("job.queued", None)]


def test_nobody_there(world, tmp_path):
    begun = time.monotonic()
    done = run(world, "aura_system_ping", AURA_SOCKET=str(tmp_path / "nobody.sock"), AURA_PATIENCE="1")
    assert done.returncode == 3 and "nobody.sock" in done.stderr and time.monotonic() - begun < 10
    assert run(world, "aura_subscribe {}", AURA_SOCKET=str(tmp_path / "nobody.sock"), AURA_PATIENCE="1").returncode == 3


def test_a_subscription_goes_on_behind_a_daemon_that_dies(world, tmp_path):
    """Three times `kill -9` while events come: every seq once, in order."""
    heard = tmp_path / "events"
    with open(heard, "w") as file:
        follower = subprocess.Popen(
            ["bash", "-c", f"source {SHELL}/aura.sh; aura_subscribe '{{\"from\": \"start\"}}'"], env=environment(world),
            stdout=file, stderr=subprocess.PIPE, process_group=0)
    try:
        jobs = []
        for _ in range(3):
            made = run(world, f"aura_provision {fresh_name()} eu-central small")
            jobs.append(json.loads(made.stdout))
            world.daemon.kill()
            world.daemon.start()
        for operation in jobs:
            assert run(world, f"aura_wait {operation['job']['id']} >/dev/null").returncode == 0
            world.succeed("destroy", instance=operation["instance"]["id"])
        head = world.call("system.health")["head"]

        def seen():
            return [json.loads(line)["seq"] for line in heard.read_text().splitlines(keepends=True) if line.endswith("\n")]

        eventually(lambda: seen()[-1:] == [head], seconds=20, what=f"event {head}")
        assert seen() == list(range(1, head + 1))
    finally:
        os.killpg(follower.pid, 15)
        follower.communicate(timeout=10)
