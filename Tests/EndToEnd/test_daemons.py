"""Several daemons on one PostgreSQL database: they share the work, and each survives the end of another."""

import os
import signal
import time

import pytest

from harness import RPCError, eventually


def test_two_daemons_share_the_work(cluster):
    """Each daemon receives half of the calls; a subscriber at either daemon sees all jobs."""
    pair = cluster(2)
    jobs = [pair.provision(pair.daemons[number % 2], f"a{number}") for number in range(20)]
    for number, job in enumerate(jobs):
        assert pair.finish(pair.daemons[(number + 1) % 2], job)["state"] == "succeeded"
    pair.check(machines=20)


def test_jobs_of_a_killed_daemon_continue_on_another(cluster):
    pair = cluster(2)
    pair.sandbox.settings(createSeconds=150)
    jobs = [pair.provision(pair.daemons[0], f"a{number}") for number in range(8)]
    for job in jobs:
        pair.followers[1].step(job, "server.create")
    pair.daemons[0].kill()
    for job in jobs:
        assert pair.finish(pair.daemons[1], job)["state"] == "succeeded"
    pair.check(machines=8)


def test_a_daemon_with_expired_leases_changes_nothing(cluster):
    """The daemon resumes in the middle of work that another daemon has taken over: it makes no outside call, and its
    writes change nothing."""
    pair = cluster(2)
    pair.sandbox.settings(createSeconds=150)
    jobs = [pair.provision(pair.daemons[0], f"a{number}") for number in range(8)]
    for job in jobs:
        pair.followers[1].step(job, "server.create")
    os.kill(pair.daemons[0].pid, signal.SIGSTOP)
    for job in jobs:
        assert pair.finish(pair.daemons[1], job)["state"] == "succeeded"
    os.kill(pair.daemons[0].pid, signal.SIGCONT)
    again = pair.provision(pair.daemons[0], "b")
    assert pair.finish(pair.daemons[0], again)["state"] == "succeeded"
    pair.check(machines=9)


def test_a_stopping_daemon_hands_over_its_jobs(cluster):
    pair = cluster(2)
    pair.sandbox.settings(createSeconds=150)
    jobs = [pair.provision(pair.daemons[0], f"a{number}") for number in range(8)]
    for job in jobs:
        pair.followers[1].step(job, "server.create")
    pair.daemons[0].stop()
    for job in jobs:
        ended = pair.finish(pair.daemons[1], job)
        assert ended["state"] == "succeeded"
        assert all(step["attempt"] == 0 for step in ended["steps"]), "handing over costs no try"
    pair.check(machines=8)


def test_a_destroy_at_one_daemon_takes_over_from_a_provision_at_another(cluster):
    pair = cluster(2)
    pair.sandbox.settings(createSeconds=600)
    job = pair.provision(pair.daemons[0], "ada")
    pair.followers[1].step(job, "server.create")
    removal = pair.daemons[1].call("destroy", instance="ada")["job"]["id"]
    pair.sandbox.settings(createSeconds=1)
    assert pair.finish(pair.daemons[0], removal)["state"] == "succeeded"
    assert pair.finish(pair.daemons[1], job)["state"] == "cancelled"
    assert pair.sandbox.state()["servers"] == []


def has_its_database(daemon):
    try:
        return daemon.call("system.health")["ok"]
    except RPCError as error:
        assert error.code == "storageUnavailable", error
        return False


@pytest.mark.parametrize("away", [0, 12], ids=["restarted", "away for longer than a lease"])
def test_jobs_continue_after_an_outage_of_the_database_server(cluster, server, away):
    """Every connection breaks in the middle of the work; the daemons wait, and continue when the server is back."""
    pair = cluster(2)
    pair.sandbox.settings(createSeconds=100)
    jobs = [pair.provision(pair.daemons[number % 2], f"a{number}") for number in range(8)]
    for job in jobs:
        pair.followers[1].step(job, "server.create")
    server.stop()
    time.sleep(away)
    server.start()
    # A daemon tries to reach an absent server at least every two seconds, and refuses calls until then.
    eventually(lambda: all(map(has_its_database, pair.daemons)), 30)
    for job in jobs:
        assert pair.finish(pair.daemons[0], job, 90)["state"] == "succeeded"
    pair.check(machines=8)


def test_a_missing_database_has_exit_code_69(worlds, server):
    world = worlds(start_daemon=False)
    missing = f"postgres://aura:planted-secret@/nothing_here?host={server.directory}"
    world.daemon.with_settings(database=missing)
    code, errors = world.daemon.run_to_failure()
    assert code == 69 and 'database "nothing_here" does not exist' in errors
    assert "planted-secret" not in errors
