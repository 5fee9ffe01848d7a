"""The sweep: resources without an owner are removed, owned ones stay, through faults of the provider, the rows and the
daemon."""

import json
import shutil
import sqlite3

import pytest

from harness import RPCError, World, eventually, fresh_name

SWEEPS = {"reconciler.everySeconds": 0.3, "reconciler.graceSeconds": 1.5}


@pytest.fixture
def worlds():
    made = []

    def make(**settings):
        made.append(World({**SWEEPS, **settings}, scale=0.005))
        return made[-1]

    yield make
    for world in made:
        world.close()


def labels(world, **more):
    installation = world.call("system.info")["installation"]
    return {"managed-by": "aura", "aura-installation": installation, **more}


def make_server(world, name, **given):
    body = {"name": name, "server_type": "cx23", "image": "debian-13", "location": "fsn1", "labels": given}
    made = world.sandbox.hetzner("POST", "/servers", body)["server"]["id"]
    eventually(lambda: server(world, made)["status"] == "running", what="the server to run")
    return made


def server(world, identifier):
    return next((server for server in world.sandbox.state()["servers"] if server["id"] == identifier), None)


def events(world, *types):
    follower = world.follow()
    head = world.call("system.health")["head"]
    follower.wait(lambda event: event["seq"] >= head, what=f"event {head}")
    return [event for event in follower.events if event["type"] in types]


def test_an_orphan_is_switched_off_and_deleted_after_the_grace(worlds):
    world = worlds()
    name = fresh_name()
    world.succeed("provision", name=name)
    gone = "01a1fbc6-5349-7ee0-a04c-b3ba082a389e"
    orphan = make_server(world, "aura-old-b082a389-g1", **labels(world, **{"aura-instance": gone}))
    foreign = make_server(world, "somebody-elses")
    world.sandbox.hetzner(
        "POST", "/ssh_keys", {"name": "aura-old-b082a389-g1", "public_key": KEY, "labels": labels(world, **{"aura-instance": gone})})

    eventually(lambda: server(world, orphan)["status"] == "off", 20, what="the orphan to be switched off")
    assert world.call("system.health")["ok"]
    eventually(lambda: server(world, orphan) is None, 20, what="the orphan to be deleted")
    eventually(lambda: len(world.sandbox.state()["sshKeys"]) == 1, 20, what="the orphan's key to be deleted")
    assert server(world, foreign)["status"] == "running"
    said = events(world, "resource.quarantined", "resource.reaped", "alert.raised")
    assert [event["type"] for event in said if event["data"]["kind"] == "server"] == [
        "resource.quarantined", "alert.raised", "resource.reaped"]
    assert world.instance(name)["phase"] == "running"
    world.succeed("destroy", instance=name)
    world.sandbox.hetzner("DELETE", f"/servers/{foreign}")
    eventually(lambda: server(world, foreign) is None, what="the other's server to be gone")
    world.nothing_left()


def test_a_dry_run_touches_nothing(worlds):
    world = worlds(**{"reconciler.enabled": "false"})
    gone = "01a1fbc6-5349-7ee0-a04c-b3ba082a389e"
    orphan = make_server(world, "aura-old-b082a389-g1", **labels(world, **{"aura-instance": gone}))
    before = world.call("system.health")["head"]
    for _ in range(4):
        report = world.sweep(dryRun=True)
    assert [(finding["verdict"], finding["action"]) for finding in report["findings"]] == [("orphan", "none")]
    assert world.call("system.health")["head"] == before
    world.sweep()
    planned = world.daemon.aura("reconcile", "--dry-run")
    assert planned.returncode == 0 and "quarantined" in planned.stdout and str(orphan) in planned.stdout
    assert server(world, orphan)["status"] == "running"
    done = world.daemon.aura("reconcile")
    assert "quarantined" in done.stdout
    eventually(lambda: server(world, orphan)["status"] == "off", what="the orphan to be off")
    world.sandbox.hetzner("DELETE", f"/servers/{orphan}")


def test_a_vanished_machine_degrades_its_instance_and_is_not_replaced(worlds):
    world = worlds()
    names = [fresh_name() for _ in range(2)]
    for name in names:
        world.succeed("provision", name=name)
    vanished = world.instance(names[0])["server"]["id"]
    world.sandbox.blow(vanished, "vanish")
    eventually(lambda: world.instance(names[0])["phase"] == "degraded", 20, what="the loss to be noticed")
    assert world.instance(names[0])["failure"]["code"] == "machineLost"
    assert [event["data"]["code"] for event in events(world, "instance.lost", "alert.raised") if event["type"] == "alert.raised"] == ["machineLost"]
    assert len(world.sandbox.state()["servers"]) == 1 and world.sandbox.state()["createdServers"] == 2
    for name in names:
        world.succeed("destroy", instance=name)
    world.nothing_left()


@pytest.mark.parametrize("fault", [
    {"fault": "status", "status": 503}, {"fault": "truncate"}, {"fault": "status", "status": 401}])
def test_a_failed_inventory_proves_nothing(worlds, fault):
    world = worlds()
    name = fresh_name()
    world.succeed("provision", name=name)
    world.sandbox.fault(fault.pop("fault"), "/v1/servers", "GET", count=0, **fault)
    head = world.call("system.health")["head"]
    for _ in range(3):
        report = world.sweep(dryRun=True)
        assert not next(listing for listing in report["listings"] if listing["kind"] == "server")["believed"]
    assert world.call("system.health")["head"] == head
    assert world.instance(name)["phase"] == "running"
    world.sandbox.clear_faults()
    world.succeed("destroy", instance=name)
    world.nothing_left()


def test_a_restored_backup_adopts_its_machines(worlds):
    """The database is older than the record of the machine's id: the machine is adopted, not made again and not
    deleted."""
    world = worlds(**{"reconciler.enabled": "false"})
    name = fresh_name()
    world.sandbox.settings(timeScale=1, createSeconds=2)
    follower = world.follow()
    job = world.provision(name)
    follower.step(job, "server.create")
    world.daemon.kill()
    backup = {suffix: world.directory / f"backup{suffix}" for suffix in ("", "-wal", "-shm")}
    for suffix, copy in backup.items():
        source = world.daemon.database.with_name(world.daemon.database.name + suffix)
        if source.exists():
            shutil.copy(source, copy)
    world.sandbox.settings(timeScale=0.005)
    world.daemon.start()
    assert world.finish(job)["state"] == "succeeded"
    follower.close()
    world.followers = []
    world.daemon.kill()
    for suffix, copy in backup.items():
        target = world.daemon.database.with_name(world.daemon.database.name + suffix)
        target.unlink(missing_ok=True)
        if copy.exists():
            shutil.copy(copy, target)
    world.daemon.start()
    assert world.finish(job)["state"] == "succeeded"
    assert world.sandbox.state()["createdServers"] == 1
    report = world.sweep()
    assert report["findings"] == [] and report["owned"] == 2
    world.succeed("destroy", instance=name)
    world.nothing_left()


def test_the_sweep_of_a_killed_daemon_does_not_block_the_next(worlds):
    world = worlds()
    slow = world.sandbox.fault("slow", "/v1/servers", "GET", seconds=20, count=0)
    eventually(lambda: world.sandbox.fired(slow), what="a sweep to be at work")
    world.daemon.kill()
    world.sandbox.clear_faults()
    world.daemon.start()

    def swept():
        try:
            return world.call("reconcile.run")
        except RPCError as error:
            assert error.data["code"] == "sweepRunning"

    # The dead daemon's singleton lease for the sweep would last two minutes. The new daemon must not wait for its end.
    eventually(swept, 20, what="a sweep of the new daemon")


def test_an_orphan_is_reported_once_despite_crashes_during_sweeps(worlds):
    world = worlds(**{"reconciler.everySeconds": 0.2})
    gone = "01a1fbc6-5349-7ee0-a04c-b3ba082a389e"
    orphan = make_server(world, "aura-old-b082a389-g1", **labels(world, **{"aura-instance": gone}))
    follower = world.follow()
    for _ in range(6):
        eventually(lambda: world.daemon.is_running, 5, what="the daemon to run")
        world.daemon.kill()
        world.daemon.start()
    follower.wait(lambda event: event["type"] == "resource.reaped", seconds=30, what="the orphan's end")
    eventually(lambda: server(world, orphan) is None, what="the orphan to be gone")
    assert sum(event["type"] == "resource.quarantined" for event in follower.events) == 1
    world.check_ledger()
    world.nothing_left()


def test_a_second_concurrent_sweep_is_refused(worlds):
    """The second sweep is refused with a retryable error, and a later one succeeds."""
    world = worlds(**{"reconciler.enabled": "false"})
    world.sandbox.fault("slow", "/v1/servers", "GET", seconds=2)
    with world.connect() as first, world.connect() as second:
        identifier = first.post("reconcile.run")
        eventually(lambda: world.sandbox.state()["faults"][0]["fired"] == 1, what="the first sweep to list")
        error = second.refused("sweepRunning", "reconcile.run")
        assert error.data["retryable"] is True and error.data["retryAfterMs"] > 0
        assert first.reply(identifier)["findings"] == []
        assert second.call("reconcile.run")["findings"] == []


def test_many_orphans_are_left_until_an_operator_forces_the_sweep(worlds):
    """As after the restore of an old backup: an alert is raised, and nothing is changed until an operator forces it."""
    world = worlds(**{"reconciler.enabled": "false"})
    gone = "01a1fbc6-5349-7ee0-a04c-b3ba082a389e"
    orphans = [make_server(world, f"aura-o{number}-b082a389-g1", **labels(world, **{"aura-instance": gone})) for number in range(4)]
    actions = lambda report: [finding["action"] for finding in report["findings"]]
    assert actions(world.sweep()) == ["none"] * 4
    for _ in range(3):
        assert actions(world.sweep()) == ["deferred"] * 4
    alerts = events(world, "alert.raised")
    assert [alert["data"]["code"] for alert in alerts] == ["manyOrphans"]
    assert all(server(world, orphan)["status"] == "running" for orphan in orphans)
    forced = world.daemon.aura("reconcile", "--force")
    assert forced.returncode == 0 and forced.stdout.count("quarantined") == 4
    for orphan in orphans:
        eventually(lambda: server(world, orphan)["status"] == "off", what="an orphan to be off")
        world.sandbox.hetzner("DELETE", f"/servers/{orphan}")


def test_a_machine_missing_from_its_row_is_adopted(worlds):
    world = worlds(**{"reconciler.enabled": "false"})
    name = fresh_name()
    world.succeed("provision", name=name)
    known = world.instance(name)["server"]
    world.daemon.stop()
    with sqlite3.connect(world.daemon.database) as database:
        row, document = database.execute("SELECT id, document FROM instance").fetchone()
        forgetful = {key: value for key, value in json.loads(document).items() if key != "server"}
        database.execute("UPDATE instance SET document = ? WHERE id = ?", [json.dumps(forgetful), row])
    world.daemon.start()
    assert "server" not in world.instance(name)
    report = world.sweep()
    assert [(finding["verdict"], finding["action"]) for finding in report["findings"]] == [("unknown", "adopted")]
    assert world.instance(name)["server"] == known
    assert world.sweep()["findings"] == []
    world.succeed("destroy", instance=name)
    world.nothing_left()


@pytest.mark.parametrize("params", [{"dryRun": "yes"}, {"force": 1}, {"dry": True}])
def test_bad_parameters_of_a_sweep_are_refused(worlds, params):
    world = worlds(**{"reconciler.enabled": "false"})
    with world.connect() as connection:
        connection.refused("invalidParams", "reconcile.run", **params)


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1wYS3vVgJcPcAbd0Vm7eYk0G3rW4Y1c5sFz1M9p4cB orphan"
