"""An agent's life from a client's view: provision, suspend, resume, restart, destroy."""

import re
import threading
import uuid

import pytest

from harness import RPCError, fresh_name

STEPS = {
    "provision": ["credentials.make", "key.create", "server.create", "server.boot", "machine.configure", "network.enrol",
                  "agent.health"],
    "suspend": ["server.shutdown"],
    "resume": ["server.start", "server.boot", "agent.health"],
    "restart": ["server.shutdown", "server.start", "server.boot", "agent.health"],
    "destroy": ["host.teardown", "server.delete", "network.leave", "key.delete", "credentials.remove"],
}
PHASES = {
    "provision": ["provisioning", "configuring", "networking", "running"],
    "suspend": ["suspending", "suspended"],
    "resume": ["resuming", "running"],
    "restart": ["restarting", "running"],
    "destroy": ["destroying", "destroyed"],
}


def check_events(kind, events):
    """Checks that the events of one successful job are complete and in order."""
    assert events[0]["type"] == "job.queued" and events[1]["type"] == "job.started"
    assert events[-1]["type"] == "job.succeeded" and events[-1]["progress"] == 1
    started = [event["step"] for event in events if event["type"] == "step.started"]
    done = [event["step"] for event in events if event["type"] == "step.done"]
    assert started == done == STEPS[kind]
    assert [event["data"]["to"] for event in events if event["type"] == "phase.changed"] == PHASES[kind]
    progress = [event["progress"] for event in events if "progress" in event]
    assert progress == sorted(progress) and progress[0] == 0
    assert len({(event["job"], event["instance"], event["change"]) for event in events}) == 1


def test_an_instance_passes_through_every_operation(world):
    follower = world.follow()
    jobs = {}
    for kind in ("provision", "suspend", "resume", "restart", "destroy"):
        named = {"name": "ada"} if kind == "provision" else {"instance": "ada"}
        ended = world.succeed(kind, **named, change=f"conversation-{kind}")
        jobs[kind] = ended["id"]
        assert [step["name"] for step in ended["steps"]] == STEPS[kind]
        assert all(step["state"] == "done" and step["startedAt"] <= step["finishedAt"] for step in ended["steps"])
        instance = world.instance("ada")
        assert instance["phase"] == PHASES[kind][-1] and instance["change"] == f"conversation-{kind}"
        servers = world.sandbox.state()["servers"]
        assert [server["status"] for server in servers] == {"suspend": ["off"], "destroy": []}.get(kind, ["running"])
        if kind == "provision":
            first = servers[0]
            assert instance["server"] == {
                "id": str(first["id"]), "name": first["name"], "address": first["address"], "location": first["location"],
                "type": first["type"]}
            assert first["labels"]["aura-instance"] == instance["id"]
            assert first["labels"]["aura-job"] == ended["id"]
        elif servers:
            assert servers[0]["id"] == first["id"], "another machine than before"
    assert world.sandbox.state()["createdServers"] == 1
    world.nothing_left()
    for kind, job in jobs.items():
        follower.end(job)
        check_events(kind, follower.of(job))
    world.check_ledger()


def test_status_shows_instances_by_tenant_phase_and_id(world):
    with world.connect() as connection:
        assert connection.call("status.list") == {"instances": []}
        for tenant in ("acme", "other"):
            connection.call("tenant.create", tenant=tenant)
        made = connection.call("provision", name="ada", region="us-east", size="large", tenant="acme", change="evt_1")
        assert made["instance"]["phase"] == "queued" and made["job"]["state"] == "queued"
        assert made["job"]["instance"] == made["instance"]["id"] and uuid.UUID(made["job"]["id"]).version == 7
        world.finish(made["job"]["id"])
        shown = connection.call("status.get", instance="ada", tenant="acme")
        assert "job" not in shown and shown["instance"]["phase"] == "running"
        assert shown["instance"]["server"]["location"] == "ash"
        assert connection.call("status.get", instance=made["instance"]["id"]) == shown
        assert connection.call("status.list", tenant="acme")["instances"] == [shown["instance"]]
        assert connection.call("status.list", tenant="other")["instances"] == []
        assert connection.call("status.list", phases=["suspended"])["instances"] == []
        assert [job["id"] for job in connection.call("job.list", change="evt_1")["jobs"]] == [made["job"]["id"]]
        connection.refused("instanceNotFound", "status.get", instance="ada")
        connection.refused("instanceNotFound", "status.get", instance=made["instance"]["id"], tenant="other")
        world.finish(connection.call("destroy", instance="ada", tenant="acme")["job"]["id"])
        assert connection.call("status.list")["instances"] == []
        listed = connection.call("status.list", includeDestroyed=True)["instances"]
        assert [instance["phase"] for instance in listed] == ["destroyed"] and "server" not in listed[0]
    world.nothing_left()


@pytest.mark.parametrize("region", ["eu-central", "us-east"])
@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_the_first_default_of_every_size_can_be_ordered(shared_world, region, size):
    world = shared_world
    job = world.provision("ada", region=region, size=size)
    said = [event.get("message", "") for event in world.follow_job(job)]
    assert world.instance("ada")["phase"] == "running"
    assert len([text for text in said if text.startswith("creating ")]) == 1, said
    world.succeed("destroy", instance="ada")


def let_in(world):
    """Returns the ports of the only firewall's rules; the port of ICMP is None."""
    firewall, = world.sandbox.state()["firewalls"]
    return [rule["port"] for rule in firewall["rules"]]


def test_the_firewall_admits_the_ports_of_the_settings(worlds):
    world = worlds(start_daemon=False)
    health = re.search(r"^health:\n.*\n  port: (\d+)$", world.sandbox.config_path.read_text(), re.MULTILINE)[1]
    for name, ssh, ports in [("a1", 22, ["22", health]), ("a2", 2222, ["2222", health]), ("a3", health, [health])]:
        world.daemon.with_settings(ssh__port=ssh)
        world.daemon.start()
        world.succeed("provision", name=name)
        assert let_in(world) == [*ports, None]
        world.daemon.stop()
    world.daemon.start()
    for name in ("a1", "a2", "a3"):
        world.succeed("destroy", instance=name)
    world.nothing_left()


def test_a_foreign_firewall_of_the_same_name_fails_the_provision(worlds):
    world = worlds()
    rule = {"direction": "in", "protocol": "tcp", "port": "1-65535", "source_ips": ["0.0.0.0/0", "::/0"]}
    world.sandbox.hetzner("POST", "/firewalls", {"name": "aura-agents", "rules": [rule]})
    failure = world.finish(world.provision("ada"))["failure"]
    assert failure["code"] == "firewallForeign" and "hetzner.firewallName" in failure["message"]
    assert world.sandbox.state()["servers"] == [] and let_in(world) == ["1-65535"]


def test_status_list_returns_pages_in_order(world):
    names = [f"a{number}" for number in range(5)]
    jobs = [world.provision(name) for name in names]
    seen, after = [], {}
    while True:
        page = world.call("status.list", limit=2, **after)
        assert len(page["instances"]) <= 2
        seen += [instance["name"] for instance in page["instances"]]
        if "next" not in page:
            break
        after = {"after": page["next"]}
    assert seen == names
    for job in jobs:
        assert world.finish(job)["state"] == "succeeded"
    for name in names:
        world.begin("destroy", instance=name)
    for job in world.call("job.list", limit=1000)["jobs"]:
        world.finish(job["id"])
    world.nothing_left()


def test_a_repeated_idempotency_key_returns_the_same_job(world):
    wanted = {"name": "ada", "region": "eu-central", "size": "small", "idempotencyKey": "evt_1"}
    with world.connect() as connection:
        first = connection.call("provision", **wanted)
        second = connection.call("provision", **wanted)
        assert second["job"]["id"] == first["job"]["id"] and second["instance"]["id"] == first["instance"]["id"]
        connection.refused("idempotencyMismatch", "provision", **{**wanted, "size": "large"})
        connection.refused("idempotencyMismatch", "destroy", instance="ada", idempotencyKey="evt_1")
        connection.call("tenant.create", tenant="acme")
        other = connection.call("provision", **wanted, tenant="acme")
        assert other["job"]["id"] != first["job"]["id"], "the keys of two tenants never meet"
        for job in (first, other):
            assert world.finish(job["job"]["id"])["state"] == "succeeded"
        assert connection.call("provision", **wanted)["job"] == connection.call("provision", **wanted)["job"]
        ends = [connection.call("destroy", instance="ada", idempotencyKey="evt_2")["job"]["id"] for _ in range(2)]
        assert ends[0] == ends[1]
        world.finish(ends[0])
        assert connection.call("destroy", instance="ada", idempotencyKey="evt_2")["job"]["id"] == ends[0]
        assert connection.call("provision", **wanted)["job"]["id"] == first["job"]["id"], "also after the end"
        world.finish(connection.call("destroy", instance="ada", tenant="acme")["job"]["id"])
    assert world.sandbox.state()["createdServers"] == 2
    world.nothing_left()


def test_a_name_is_taken_until_its_instance_is_destroyed(world):
    with world.connect() as connection:
        first = world.succeed("provision", name="ada")
        error = connection.refused("nameTaken", "provision", name="ada", region="eu-central", size="small")
        assert "ada" in error.message
        world.succeed("destroy", instance="ada")
        again = world.succeed("provision", name="ada")
        assert again["instance"] != first["instance"], "the name is free again, the machine is another"
        assert world.instance("ada")["id"] == again["instance"]
        assert world.instance(first["instance"])["phase"] == "destroyed"
        world.succeed("destroy", instance="ada")
    world.nothing_left()


def test_an_operation_in_the_wrong_phase_is_refused(world):
    with world.connect() as connection:
        world.sandbox.fault("slow", "/v1/servers", "POST", seconds=1)
        job = world.provision("ada")
        for kind in ("suspend", "resume", "restart"):
            error = connection.refused("instanceBusy", kind, instance="ada")
            assert error.data["job"] == job and error.data["retryable"] is True
        world.finish(job)
        assert "running" in connection.refused("phaseConflict", "resume", instance="ada").message
        world.succeed("suspend", instance="ada")
        for kind in ("suspend", "restart"):
            assert "suspended" in connection.refused("phaseConflict", kind, instance="ada").message
        world.succeed("destroy", instance="ada")
        for kind in ("suspend", "resume", "restart", "destroy"):
            assert "destroyed" in connection.refused("phaseConflict", kind, instance="ada").message
            connection.refused("instanceNotFound", kind, instance="bob")
        connection.refused("jobNotFound", "job.get", job=str(uuid.uuid4()))
        connection.refused("jobTerminal", "job.cancel", job=job)
    world.nothing_left()


def at_once(world, count, call):
    """Makes calls on `count` connections at the same moment; returns results and errors."""
    barrier = threading.Barrier(count)
    outcomes = [None] * count

    def one(place):
        with world.connect() as connection:
            barrier.wait(30)
            try:
                outcomes[place] = call(connection)
            except RPCError as error:
                outcomes[place] = error

    threads = [threading.Thread(target=one, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert None not in outcomes
    return [each for each in outcomes if not isinstance(each, RPCError)], [each for each in outcomes if isinstance(each, RPCError)]


def test_concurrent_calls_create_one_job(world):
    made, refused = at_once(
        world, 8, lambda connection: connection.call("provision", name="ada", region="eu-central", size="small"))
    assert len(made) == 1 and {error.code for error in refused} == {"nameTaken"}
    assert world.finish(made[0]["job"]["id"])["state"] == "succeeded"
    for kind in ("suspend", "resume", "restart"):
        made, refused = at_once(world, 4, lambda connection: connection.call(kind, instance="ada"))
        assert refused == [] and len({each["job"]["id"] for each in made}) == 1, "one job, whoever asked"
        assert world.finish(made[0]["job"]["id"])["state"] == "succeeded"
    made, refused = at_once(world, 4, lambda connection: connection.call(
        "provision", name="bob", region="eu-central", size="small", idempotencyKey="evt_1"))
    assert refused == [] and len({each["job"]["id"] for each in made}) == 1
    assert world.finish(made[0]["job"]["id"])["state"] == "succeeded"
    both = iter(["suspend", "destroy"] * 2)
    made, refused = at_once(world, 4, lambda connection: connection.call(next(both), instance="ada"))
    assert {error.code for error in refused} <= {"instanceBusy"}
    destroys = {each["job"]["id"] for each in made if each["job"]["kind"] == "destroy"}
    assert len(destroys) == 1 and world.finish(destroys.pop())["state"] == "succeeded"
    assert world.instance("ada")["phase"] == "destroyed"
    world.succeed("destroy", instance="bob")
    assert world.sandbox.state()["createdServers"] == 2
    world.nothing_left()


PLACES = [
    ("credentials.make", None, None),
    ("key.create", "/v1/ssh_keys", "GET"), ("key.create", "/v1/ssh_keys", "POST"),
    ("server.create", "/v1/servers", "GET"), ("server.create", "/v1/servers", "POST"),
    ("server.create", "/v1/actions", "GET"),
    ("server.boot", "/v1/servers/*", "GET"), ("machine.configure", None, None), ("agent.health", None, None),
]


def arrive(world, follower, place, name):
    """Starts a provision and waits until it is at a step; returns its job."""
    step, path, method = place
    world.sandbox.settings(bootSeconds=50 if step == "agent.health" else 0)
    if path:
        world.sandbox.fault("slow", path, method, seconds=0.7)
    job = world.provision(name)
    follower.step(job, step)
    return job


def test_destroy_takes_over_from_a_provision_in_each_step(crew):
    def case(world, place):
        name, follower = fresh_name(), world.follow()
        job = arrive(world, follower, place, name)
        destroy = world.begin("destroy", instance=name)
        assert world.finish(job)["state"] in ("cancelled", "succeeded")
        assert world.finish(destroy)["state"] == "succeeded"
        assert world.instance(name)["phase"] == "destroyed"
        world.sandbox.clear_faults()
        world.nothing_left()
        world.check_ledger()

    crew.each(PLACES, case)


def test_a_provision_is_cancelled_and_undone_in_each_step(crew):
    def case(world, place):
        name, follower = fresh_name(), world.follow()
        job = arrive(world, follower, place, name)
        try:
            world.call("job.cancel", job=job)
        except RPCError as error:
            assert error.code == "jobTerminal" and place[0] == "machine.configure", "it was quicker"
        else:
            ended = world.finish(job)
            if ended["state"] != "succeeded" or place[0] != "machine.configure":
                assert ended["state"] == "cancelled", ended
                assert world.instance(name)["phase"] == "failed"
                assert world.instance(name)["failure"]["code"] == "cancelled"
                world.nothing_left()
        world.sandbox.clear_faults()
        world.succeed("destroy", instance=name)
        world.nothing_left()
        world.check_ledger()

    crew.each(PLACES, case)


def test_a_job_continues_after_a_normal_shutdown(world):
    """SIGTERM in the middle of a job: the daemon ends by itself, and the next daemon continues the job at once."""
    follower = world.follow()
    world.sandbox.fault("slow", "/v1/servers", "POST", seconds=1)
    job = world.provision("ada")
    follower.step(job, "server.create")
    world.daemon.stop()
    world.daemon.start()
    assert world.finish(job)["state"] == "succeeded"
    assert world.sandbox.state()["createdServers"] == 1
    world.succeed("destroy", instance="ada")
    world.nothing_left()
    world.check_ledger()
