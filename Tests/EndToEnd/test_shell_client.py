"""The shell client's functions, in real shells against a live daemon."""

import json
import os
import pathlib
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


STRICT = "set -Eeuo pipefail; shopt -s inherit_errexit; IFS=$'\\n\\t'; trap 'echo the trap ran >&2' ERR;"


def strictly(world, script, seconds=60, **more):
    """Runs a script in the strictest mode: also with another IFS and a trap for errors."""
    return subprocess.run(
        ["bash", "-c", f"{STRICT} source {SHELL}/aura.sh; {script}"], env=environment(world, **more), capture_output=True, text=True,
        timeout=seconds)


def test_every_function_works_in_strict_mode(world):
    """Every method's function, the functions built on them, and the errors that a script expects."""
    name = fresh_name()
    told = strictly(world, f"""
        operation=$(aura_provision {name} eu-central small change=strict)
        job=$(jq -r .job.id <<<"$operation")
        aura_follow "$job" | jq -rs 'last.type'
        aura_wait_until_running <<<"$operation" | jq -r .name
        aura_wait "$job" | jq -r .job.state
        aura_job_get "$job" | jq -r .job.id
        aura_job_wait "$job" timeoutMs=1000 | jq -r .job.state
        aura_job_list instance={name} limit=1 order=newest | jq -r '.jobs | length'
        aura_job_explain "$job" | jq -r type
        aura_status_get {name} | jq -r .instance.phase
        aura_status_list 'phases=["running"]' limit=1000 | jq -r '.instances | type'
        for each in system_ping system_health system_info system_limits rpc_discover; do "aura_$each" | jq -r type; done
        aura_reconcile_run dryRun=true | jq -r type
        for each in suspend resume restart; do
            "aura_$each" {name} | jq -r .job.id | {{ read -r job; aura_wait "$job"; }} | jq -r .job.state
        done
        status=0; refused=$(aura_job_retry "$job" 2>&1) || status=$?
        jq -r --arg status "$status" '"\\($status) \\(.data.code)"' <<<"$refused"
        if aura_job_cancel "$job" 2>/dev/null; then echo cancelled; else echo "not cancelled: $?"; fi
        aura_subscribe '{{"from": "snapshot", "filter": {{"instance": "{name}"}}, "until": "terminal"}}' | jq -r .type
        aura_wait "$(aura_destroy {name} | jq -r .job.id)" | jq -r .job.state
        if aura_status_get {name}-x 2>/dev/null; then echo found; else echo "status $?"; fi
        echo end""", seconds=120)
    assert (told.returncode, told.stderr) == (0, ""), told.stdout + told.stderr
    lines = told.stdout.split("\n")
    assert lines[:3] == ["job.succeeded", name, "succeeded"] and lines[-2] == "end"
    assert lines[4:8] == ["succeeded", "1", "object", "running"]
    assert lines[8:15] == ["array", *["object"] * 6] and lines[15:18] == ["succeeded"] * 3
    assert lines[18].startswith("1 ") and lines[19:-2] == ["not cancelled: 1", "subscription.snapshot", "succeeded", "status 1"]


def test_a_strict_script_waits_for_an_absent_daemon(world):
    """The daemon is away at first; the script continues as one without strict mode does."""
    world.daemon.kill()
    script = subprocess.Popen(
        ["bash", "-c", f"{STRICT} source {SHELL}/aura.sh; echo begun; pong=$(aura_system_ping); echo $pong"], env=environment(world),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert script.stdout.readline() == "begun\n"
    time.sleep(0.5)
    world.daemon.start()
    said, complaints = script.communicate(timeout=30)
    assert (script.returncode, said, complaints) == (0, '{"pong":true}\n', "")
    away = strictly(world, "aura_system_ping || echo status $?", AURA_SOCKET="/nowhere/aurad.sock", AURA_PATIENCE="1")
    assert away.returncode == 0 and away.stdout == "status 3\n" and "/nowhere/aurad.sock" in away.stderr


def of(word):
    """Returns the command lines of the processes that have a word in their environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"AURA_TEST={word}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_closed_readers_leave_no_process_and_no_connection(world):
    """More readers leave than a user may have connections, while no event arrives; each script continues after its
    loop."""
    word = fresh_name()
    strictly(world, f"aura_wait $(aura_provision {word} eu-central small | jq -r .job.id)")
    script = """
        aura_subscribe '{"from":"start"}' | while read -r event; do echo "$event"; break; done
        events=$(aura_subscribe '{"from":"start"}' | head -n 2)
        wc -l <<<"$events"
        while read -r event; do break; done < <(aura_subscribe '{"from":"start"}')
        echo on"""
    for _ in range(45):
        done = strictly(world, script, AURA_TEST=word)
        assert (done.returncode, done.stderr, done.stdout.split()[-2:]) == (0, "", ["2", "on"]), done
    eventually(lambda: not of(word), seconds=20, what="the end of all processes")
    assert world.daemon.aura("ping").returncode == 0
    world.succeed("destroy", instance=word)


@pytest.mark.parametrize("number", [9, 15])
def test_a_killed_script_leaves_no_process(world, number):
    word = fresh_name()
    for function in ("aura_subscribe {}", "aura_wait $(cat)"):
        script = subprocess.Popen(
            ["bash", "-c", f"source {SHELL}/aura.sh; {function}; :"], env=environment(world, AURA_TEST=word), stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, text=True)
        if "wait" in function:
            world.sandbox.fault("status", "/v1/*", status=503, count=0)
            script.stdin.write(world.provision(word))
        script.stdin.close()
        eventually(lambda: any(each.startswith("socat") for each in of(word)), seconds=20, what="socat")
        script.send_signal(number)
        script.wait(20)
        eventually(lambda: not of(word), seconds=20, what="the end of all processes")
    world.sandbox.clear_faults()
    world.succeed("destroy", instance=word)


def test_a_missing_program_is_reported_with_status_127(world, tmp_path):
    for program in ("bash", "jq", "dirname", "cat", "head", "tail", "sleep"):
        (tmp_path / program).symlink_to(subprocess.run(["which", program], capture_output=True, text=True, check=True).stdout.strip())
    for function in ("aura_system_ping", "aura_subscribe {}", "aura_wait x", "aura_provision a b c"):
        told = strictly(world, f"{function} || echo status $?", PATH=str(tmp_path))
        assert told.stdout == "status 127\n" and "socat is missing, install it" in told.stderr, told


def test_arguments_may_exceed_the_limit_of_a_process(world):
    """An argument of a process may have 128 KiB; a message may have 1 MiB."""
    told = strictly(world, "long=$(printf '%0300000d' 0); aura_status_get \"x$long\" 2>&1 | jq -r .data.code")
    assert told.stdout.strip() in ("invalidParams", "instanceNotFound"), told
    told = strictly(world, "long=$(printf '%01100000d' 0); aura_status_get \"x$long\" || echo status $?")
    assert told.stdout == "status 1\n" and "at most 1048576 are allowed" in told.stderr


def test_the_example_runs(world):
    name = fresh_name()
    done = subprocess.run(
        [SHELL / "example.sh", name], env=environment(world), capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("job.queued") and lines[-1] == "destroy succeeded"
    assert any(line.startswith(f"{name} runs at ") for line in lines)


def test_functions_print_results_and_errors(world):
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


def test_a_subscription_prints_a_snapshot_or_its_refusal(world):
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


def test_an_incomplete_snapshot_is_requested_again(world, tmp_path):
    """Once the snapshot is complete, the client does not ask for it again: its events follow."""
    with ScriptedSubscriptions(tmp_path / "s.sock", half_a_snapshot({})) as scripted:
        told = run(world, "aura_subscribe '{\"from\": \"snapshot\"}'", AURA_SOCKET=scripted.path)
    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [line["instances"][0]["name"] for line in lines[:-1]] == ["lost", "one", "two"] and lines[-1]["seq"] == 8
    assert [params["from"] for params in scripted.asked] == ["snapshot", "snapshot", 7]


def test_events_of_a_newer_daemon_are_printed(world, tmp_path):
    with ScriptedSubscriptions(tmp_path / "s.sock", a_newer_daemon(), head=7) as scripted:
        told = run(world, "aura_subscribe {}", AURA_SOCKET=scripted.path)
    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [(line["type"], line.get("mood")) for line in lines] == [("step.dreamt", "blue"), ("job.queued", None)]


def test_an_absent_daemon_has_exit_code_3(world, tmp_path):
    begun = time.monotonic()
    done = run(world, "aura_system_ping", AURA_SOCKET=str(tmp_path / "nobody.sock"), AURA_PATIENCE="1")
    assert done.returncode == 3 and "nobody.sock" in done.stderr and time.monotonic() - begun < 10
    assert run(world, "aura_subscribe {}", AURA_SOCKET=str(tmp_path / "nobody.sock"), AURA_PATIENCE="1").returncode == 3


def test_a_subscription_continues_after_crashes_of_the_daemon(world, tmp_path):
    """The daemon is killed three times while events arrive: every `seq` arrives once, in order."""
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
