"""The command line against the real daemon, through a crash."""

import json
import os
import subprocess

from harness import binary, fresh_name


def test_a_watch_continues_after_a_kill_of_the_daemon(world):
    """`aura provision --watch` continues after kill -9 of the daemon, and prints every event of the job once."""
    follower = world.follow()
    world.sandbox.settings(createSeconds=150)
    environment = {**os.environ, "AURA_SOCKET": str(world.daemon.socket)}
    command = [binary("aura"), "--json", "provision", "ada", "--region", "eu-central", "--size", "small", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as watch:
        waiting = follower.wait(lambda event: event["type"] == "step.waiting", what="the job to wait for its server")
        world.daemon.kill()
        world.daemon.start()
        end = follower.end(waiting["job"])
        output, errors = watch.communicate(timeout=30)
    assert watch.returncode == 0, errors
    documents = [json.loads(line) for line in output.splitlines()]
    events = [document for document in documents if "seq" in document]
    assert events == follower.of(end["job"])
    world.succeed("destroy", instance="ada")
    world.nothing_left()


def test_each_operation_works_from_the_command_line(world):
    name = fresh_name()
    aura = world.daemon.aura
    for words in (["provision", name, "--region", "eu-central", "--size", "small", "--watch"], ["suspend", name, "--watch"],
                  ["resume", name, "--watch"], ["restart", name, "--watch"]):
        done = aura(*words)
        assert done.returncode == 0 and "cannot" not in done.stderr, (words, done)
    assert name in aura("list").stdout and "running" in aura("show", name).stdout
    shown = json.loads(aura("rpc", "status.get", json.dumps({"instance": name})).stdout)
    assert shown["instance"] == world.instance(name)
    assert aura("destroy", name, "--watch").returncode == 0
    assert name not in aura("list").stdout
    world.nothing_left()


def test_each_kind_of_failure_has_its_exit_code(world):
    aura = world.daemon.aura
    refused = aura("show", "nobody")
    assert refused.returncode == 2 and refused.stderr.startswith("aura: cannot ") and refused.stderr.count("\n") == 1
    world.sandbox.fault("status", "/v1/ssh_keys", "POST", status=403, message="no permission")
    failed = aura("provision", "ada", "--region", "eu-central", "--size", "small", "--watch")
    assert failed.returncode == 1 and "no permission" in failed.stdout + failed.stderr
    assert aura("destroy", "ada", "--watch").returncode == 0
    assert aura("provision", "ada").returncode == 64
    world.daemon.stop()
    away = aura("list")
    assert away.returncode == 3 and away.stderr.startswith("aura: cannot ") and away.stderr.count("\n") == 1
    world.daemon.start()
