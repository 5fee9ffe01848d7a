"""Rows that this daemon does not know: a newer daemon wrote them, or they are damaged. They affect only themselves."""

import contextlib
import json
import sqlite3

import pytest
from harness import RPCError, World, eventually, fresh_name


@pytest.fixture
def world():
    made = World({"reconciler.everySeconds": 0.3, "reconciler.graceSeconds": 0.6}, scale=0.005)
    yield made
    made.close()


@contextlib.contextmanager
def stopped(world):
    """Yields the database while no daemon uses it."""
    world.daemon.stop()
    with contextlib.closing(sqlite3.connect(world.daemon.database)) as database:
        yield database
        database.commit()
    world.daemon.start()


def provision_of_another_version(world, name):
    """A provision in the middle of its steps, under a definition version that the daemon does not have."""
    world.sandbox.fault("status", "/v1/servers", "POST", status=503, message="no", count=0)
    job = world.provision(name)
    eventually(lambda: world.call("job.get", job=job)["job"]["state"] == "waiting", what="the job to wait")
    with stopped(world) as database:
        database.execute("UPDATE job SET definition_version = 99, available_at = 0 WHERE id = ?", [job])
    world.sandbox.clear_faults()
    return job


def test_a_job_of_another_version_waits_and_reports_its_definition(world):
    job = provision_of_another_version(world, fresh_name())
    explained = world.call("job.explain", job=job)
    assert explained["waits"]["for"] == "for an aurad that has the definition agent/provision/99"
    assert "start one" in explained["next"]
    assert "agent/provision/99" in explained["summary"]
    # Steps that have begun are shown as they were recorded.
    assert [step["name"] for step in explained["job"]["steps"]] == ["credentials.make", "key.create", "server.create"]
    # Other jobs continue, and this job stays as it is.
    world.succeed("provision", name=fresh_name())
    assert world.call("job.get", job=job)["job"]["state"] == "waiting"
    with stopped(world) as database:
        database.execute("UPDATE job SET definition_version = 1 WHERE id = ?", [job])
    assert world.finish(job)["state"] == "succeeded"


def test_a_destroy_does_not_wait_for_a_job_of_another_version(world):
    name = fresh_name()
    job = provision_of_another_version(world, name)
    world.succeed("destroy", instance=name)
    assert world.call("job.get", job=job)["job"]["state"] == "cancelled"
    world.nothing_left()


@pytest.mark.parametrize("damage", ["UPDATE instance SET document = '{'", "UPDATE instance SET desired = 'rich'"])
def test_an_unreadable_instance_keeps_its_machine(world, damage):
    name, other = fresh_name(), fresh_name()
    world.succeed("provision", name=name)
    world.succeed("provision", name=other)
    instance = world.instance(name)
    with stopped(world) as database:
        database.execute(f"{damage} WHERE id = ?", [instance["id"]])
    listed = world.call("status.list")
    assert [row["name"] for row in listed["instances"]] == [other]
    assert listed["unreadable"] == [instance["id"]]
    note = f"aura: 1 instance cannot be read: {instance['id']}; the daemon's log says why\n"
    assert world.daemon.aura("list").stderr == note
    with world.connect() as connection:
        connection.subscribe(**{"from": "snapshot"})
        page = connection.note()["params"]["result"]
    assert [row["name"] for row in page["instances"]] == [other]
    assert page["unreadable"] == [instance["id"]] and page["complete"]
    with pytest.raises(RPCError) as caught:
        world.call("status.get", instance=name)
    assert caught.value.data["code"] == "unreadable" and instance["id"] in caught.value.message
    for _ in range(4):
        report = world.sweep(force=True)
        assert [finding for finding in report["findings"] if finding["action"] != "none"] == []
    machine = next(server for server in world.sandbox.state()["servers"] if str(server["id"]) == instance["server"]["id"])
    assert machine["status"] == "running"
    # Operations on other instances continue, although they look for the owners of tailnet devices among the rows.
    world.succeed("provision", name=fresh_name())
    world.succeed("destroy", instance=other)
    assert world.daemon.log_path.read_text().count("left out a row that cannot be read") == 1


def test_resources_of_an_instance_of_an_unknown_kind_are_not_touched(world):
    name = fresh_name()
    world.succeed("provision", name=name)
    instance = world.instance(name)
    labels = {"managed-by": "aura", "aura-installation": world.call("system.info")["installation"], "aura-instance": instance["id"]}
    body = {"name": "aura-second", "server_type": "cx23", "image": "debian-13", "location": "fsn1", "labels": labels}
    second = world.sandbox.hetzner("POST", "/servers", body)["server"]["id"]
    with stopped(world) as database:
        row, document = database.execute("SELECT id, document FROM instance").fetchone()
        worker = {**json.loads(document), "kind": "worker", "second": str(second)}
        database.execute("UPDATE instance SET document = ? WHERE id = ?", [json.dumps(worker), row])
    for _ in range(4):
        report = world.sweep(force=True)
        assert [finding for finding in report["findings"] if finding["action"] != "none"] == []
    servers = {str(server["id"]): server["status"] for server in world.sandbox.state()["servers"]}
    assert servers.keys() >= {str(second), instance["server"]["id"]} and "off" not in servers.values()


def test_unknown_phases_and_kinds_reach_clients_unchanged(world):
    name = fresh_name()
    world.succeed("provision", name=name)
    with stopped(world) as database:
        row, document = database.execute("SELECT id, document FROM instance").fetchone()
        newer = {**json.loads(document), "phase": "dancing", "kind": "worker", "worker": {"regions": ["a"]}}
        database.execute("UPDATE instance SET document = ?, phase = 'dancing' WHERE id = ?", [json.dumps(newer), row])
    # Without the tests' own connection, because it allows only this version's values.
    shown = json.loads(world.daemon.aura("rpc", "status.get", json.dumps({"instance": name})).stdout)["instance"]
    assert (shown["phase"], shown["kind"]) == ("dancing", "worker")
    assert "dancing" in world.daemon.aura("list").stdout
    with pytest.raises(RPCError) as caught:
        world.call("destroy", instance=name)
    assert caught.value.data["code"] == "phaseConflict" and "of the kind worker" in caught.value.message
