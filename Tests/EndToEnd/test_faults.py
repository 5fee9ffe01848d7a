"""Faults of the provider's API during a job: the job recovers, or fails with the provider's own message, and leaves
nothing."""

import pytest

from harness import Crew, World, fresh_name

# The calls of a provision and a destroy to the provider, one entry per kind of call.
PROVISION_CALLS = [
    ("GET", "/v1/ssh_keys"), ("POST", "/v1/ssh_keys"), ("GET", "/v1/servers"), ("POST", "/v1/servers"),
    ("GET", "/v1/actions"), ("GET", "/v1/servers/*"),
]
DESTROY_CALLS = [
    ("GET", "/v1/servers/*"), ("DELETE", "/v1/servers/*"), ("GET", "/v1/ssh_keys"), ("DELETE", "/v1/ssh_keys/*"),
]
# Transient faults: the call is retried, after a lookup if it may have had its effect.
PASSING = {
    "lost": {"fault": "loseAnswer"},
    "lost before": {"fault": "loseAnswer", "effect": False},
    "lost twice": {"fault": "loseAnswer", "count": 2},
    "500": {"fault": "status", "status": 500},
    "500 after": {"fault": "status", "status": 500, "effect": True},
    "503": {"fault": "status", "status": 503},
    "504": {"fault": "status", "status": 504},
    "409": {"fault": "status", "status": 409, "code": "conflict"},
    "423": {"fault": "status", "status": 423, "code": "locked"},
    "429": {"fault": "rateLimited", "retryAfter": 1},
    "html 502 after": {"fault": "html502", "effect": True},
    "truncated": {"fault": "truncate"},
    "trickled": {"fault": "trickle", "seconds": 0.3},
    "other style": {"fault": "unknownFields"},
}
# Calls of a provision that follow the creation of its machine.
WITH_A_MACHINE = [("GET", "/v1/actions"), ("GET", "/v1/servers/*")]
# Permanent faults: the job fails at once, with this code and this message.
LASTING = {
    "401": ({"fault": "status", "status": 401, "message": "unable to authenticate"}, "unauthorized"),
    "403": ({"fault": "status", "status": 403, "message": "insufficient permissions"}, "forbidden"),
    "422": ({"fault": "status", "status": 422, "code": "invalid_input", "message": "no such thing"}, "invalid_input"),
}


@pytest.fixture(scope="module")
def crew():
    crew = Crew(lambda: World(scale=0.005))
    yield crew
    crew.close()


@pytest.fixture
def world(shared_world):
    shared_world.sandbox.settings(timeScale=0.005)
    yield shared_world
    shared_world.sandbox.clear_faults()


def gone(world, name):
    """Destroys the instance, and checks that nothing of it is left."""
    world.succeed("destroy", instance=name)
    world.nothing_left()


def strike(world, fault, call):
    method, path = call
    fields = dict(fault)
    return world.sandbox.fault(fields.pop("fault"), path, method, **fields)


def counts(world):
    state = world.sandbox.state()
    return state["createdServers"], len(state["sshKeys"]) + len(state["past"]["sshKeys"])


@pytest.mark.parametrize("fault", PASSING)
def test_a_provision_recovers_from_a_transient_fault(crew, fault):
    def case(world, call):
        name, (servers, keys) = fresh_name(), counts(world)
        identifier = strike(world, PASSING[fault], call)
        ended = world.finish(world.provision(name))
        assert ended["state"] == "succeeded", ended["failure"]
        assert world.sandbox.fired(identifier) >= 1
        assert counts(world) == (servers + 1, keys + 1), "something was made twice"
        world.sandbox.clear_faults()
        gone(world, name)

    crew.each(PROVISION_CALLS, case)


@pytest.mark.parametrize("fault", PASSING)
def test_a_destroy_recovers_from_a_transient_fault(crew, fault):
    def case(world, call):
        name = fresh_name()
        world.succeed("provision", name=name)
        identifier = strike(world, PASSING[fault], call)
        ended = world.finish(world.begin("destroy", instance=name))
        assert ended["state"] == "succeeded", ended["failure"]
        assert world.sandbox.fired(identifier) >= 1
        assert world.instance(name)["phase"] == "destroyed"
        world.sandbox.clear_faults()
        world.nothing_left()

    crew.each(DESTROY_CALLS, case)


@pytest.mark.parametrize("fault", LASTING)
def test_a_permanent_error_of_the_provider_fails_or_parks_a_provision(crew, fault):
    body, code = LASTING[fault]

    def case(world, call):
        name = fresh_name()
        strike(world, body, call)
        job = world.provision(name)
        ended = world.finish(job)
        if code in ("unauthorized", "forbidden") and call in WITH_A_MACHINE:
            # A machine exists: the job waits for a valid token instead of undoing the machine.
            parked = [event["data"]["code"] for event in world.follow_job(job) if event["type"] == "job.parked"]
            assert ended["state"] == "succeeded" and parked == [code]
            return gone(world, name)
        assert ended["state"] == "failed"
        assert ended["failure"]["code"] == code and ended["failure"]["class"] == "permanent"
        assert body["message"] in ended["failure"]["message"] and ended["failure"]["correlationId"]
        instance = world.instance(name)
        assert instance["phase"] == "failed" and instance["failure"] == ended["failure"] and "server" not in instance
        world.nothing_left()
        gone(world, name)

    crew.each(PROVISION_CALLS, case)


def test_a_refused_destroy_parks_and_continues(crew):
    def case(world, call):
        name = fresh_name()
        world.succeed("provision", name=name)
        strike(world, LASTING["403"][0], call)
        job = world.begin("destroy", instance=name)
        parked = [event for event in world.follow_job(job) if event["type"] == "job.parked"]
        # Once the machine is gone, the remaining deletes are retried and delay the end only briefly.
        expected = [] if call[1].startswith("/v1/ssh_keys") else ["forbidden"]
        assert [event["data"]["code"] for event in parked] == expected
        assert world.call("job.get", job=job)["job"]["state"] == "succeeded"
        world.nothing_left()

    crew.each(DESTROY_CALLS, case)


@pytest.mark.parametrize("fault", ["resourceUnavailable", "unsupportedLocation"])
def test_the_next_location_is_used_if_one_is_sold_out(world, fault):
    name = fresh_name()
    world.sandbox.fault(fault, "/v1/servers", "POST", count=2)
    world.succeed("provision", name=name)
    assert world.instance(name)["server"]["location"] == world.sandbox.state()["servers"][0]["location"] != "nbg1"
    gone(world, name)


def test_a_job_waits_if_all_locations_are_sold_out(world):
    name, follower = fresh_name(), world.follow()
    everywhere = world.sandbox.fault("resourceUnavailable", "/v1/servers", "POST", count=0)
    job = world.provision(name)
    event = follower.step(job, "server.create", "step.retrying")
    assert event["data"]["class"] == "capacity" and event["data"]["code"] == "resource_unavailable"
    shown = world.call("job.get", job=job)["job"]
    assert shown["state"] in ("waiting", "running") and shown["attempt"] >= 1
    world.sandbox.request("DELETE", f"/_sandbox/faults/{everywhere}")
    assert world.finish(job)["state"] == "succeeded"
    gone(world, name)
    world.check_ledger()


def test_a_full_project_fails_the_provision(world):
    name = fresh_name()
    world.sandbox.fault("limitExceeded", "/v1/servers", "POST")
    ended = world.finish(world.provision(name))
    assert ended["failure"]["code"] == "resource_limit_exceeded" and "server limit exceeded" in ended["failure"]["message"]
    world.nothing_left()
    gone(world, name)


@pytest.mark.parametrize("command", ["create_server", "start_server"])
def test_a_provision_succeeds_after_a_failed_action(world, command):
    name = fresh_name()
    world.sandbox.fault("actionFails", "/v1/servers", "POST", action=command, code="unavailable", message="no luck")
    job = world.succeed("provision", name=name)
    assert any("no luck" in event["message"] for event in world.follow_job(job["id"]))
    assert [server["status"] for server in world.sandbox.state()["servers"]] == ["running"]
    gone(world, name)


def test_a_destroy_succeeds_while_the_create_action_is_stuck(world):
    name, follower = fresh_name(), world.follow()
    world.sandbox.fault("actionStuck", "/v1/servers", "POST")
    job = world.provision(name)
    follower.step(job, "server.create", "step.waiting")
    gone(world, name)
    world.check_ledger()


def test_a_provision_succeeds_with_slow_actions_and_a_slow_boot(world):
    name = fresh_name()
    world.sandbox.fault("actionSlow", "/v1/servers", "POST", action="create_server", seconds=1)
    world.sandbox.fault("bootSlow", "/v1/servers", "POST", seconds=1)
    world.succeed("provision", name=name)
    gone(world, name)


def test_a_provision_replaces_a_server_deleted_during_its_creation(world):
    name = fresh_name()
    world.sandbox.fault("serverVanishes", "/v1/servers", "POST", seconds=0)
    world.succeed("provision", name=name)
    assert [server["status"] for server in world.sandbox.state()["servers"]] == ["running"]
    gone(world, name)


def test_a_destroy_succeeds_if_the_server_is_deleted_during_its_boot(world):
    name, follower = fresh_name(), world.follow()
    world.sandbox.settings(bootSeconds=4000)
    job = world.provision(name)
    follower.step(job, "agent.health", "step.waiting")
    world.sandbox.blow(world.instance(name)["server"]["id"], "vanish")
    world.sandbox.settings(bootSeconds=0)
    world.succeed("destroy", instance=name)
    assert world.call("job.get", job=job)["job"]["state"] == "cancelled"
    world.check_ledger()


def test_a_lost_reply_and_an_empty_list_create_no_second_server(world):
    """The reply to the create is lost, and the lookup after it finds nothing yet: the unique name prevents a second
    machine."""
    name, (servers, keys) = fresh_name(), counts(world)
    world.sandbox.fault("loseAnswer", "/v1/servers", "POST")
    world.sandbox.fault("emptyList", "/v1/servers", "GET", after=1)
    world.sandbox.fault("loseAnswer", "/v1/ssh_keys", "POST")
    world.sandbox.fault("emptyList", "/v1/ssh_keys", "GET", after=1)
    world.succeed("provision", name=name)
    assert counts(world) == (servers + 1, keys + 1)
    gone(world, name)


def test_a_destroy_succeeds_after_a_failed_delete_action(world):
    name = fresh_name()
    world.succeed("provision", name=name)
    world.sandbox.fault("actionFails", "/v1/servers/*", "DELETE")
    gone(world, name)


def test_a_destroy_succeeds_if_the_server_is_already_gone(world):
    name = fresh_name()
    world.succeed("provision", name=name)
    world.sandbox.blow(world.instance(name)["server"]["id"], "vanish")
    gone(world, name)


def test_a_suspend_cuts_the_power_if_the_machine_ignores_a_shutdown(worlds):
    world = worlds({"pace.shutdownGraceSeconds": 1})
    world.sandbox.fault("ignoresShutdown", "/v1/servers", "POST")
    world.succeed("provision", name="ada")
    job = world.succeed("suspend", instance="ada")
    said = [event["message"] for event in world.follow_job(job["id"])]
    assert any("cutting the power" in message for message in said)
    assert [server["status"] for server in world.sandbox.state()["servers"]] == ["off"]
    world.sandbox.fault("actionFails", "/v1/servers/*/actions/poweron", code="unavailable", message="no luck", count=3)
    ended = world.finish(world.begin("resume", instance="ada"))
    assert ended["failure"]["code"] == "unavailable" and world.instance("ada")["phase"] == "degraded"
    world.succeed("resume", instance="ada")
    world.succeed("destroy", instance="ada")
    world.nothing_left()


@pytest.mark.parametrize("call", [("GET", "/v1/firewalls"), ("POST", "/v1/firewalls")], ids=" ".join)
@pytest.mark.parametrize("fault", ["lost", "503", "html 502 after"])
def test_the_shared_firewall_is_made_once(worlds, fault, call):
    world = worlds(scale=0.005)
    strike(world, PASSING[fault], call)
    jobs = [world.provision(f"a{number}") for number in range(3)]
    assert [world.finish(job)["state"] for job in jobs] == ["succeeded"] * 3
    state = world.sandbox.state()
    assert len(state["firewalls"]) == 1
    assert {tuple(server["firewalls"]) for server in state["servers"]} == {(state["firewalls"][0]["id"],)}
    for number in range(3):
        world.succeed("destroy", instance=f"a{number}")
    world.nothing_left()
