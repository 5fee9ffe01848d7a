"""Subscriptions of all kinds: snapshots, lagging, subscriptions within a call, many on one connection."""

import pytest

from harness import eventually, fresh_name


@pytest.fixture
def world(shared_world):
    return shared_world


def results(connection, subscription, until):
    """Returns the results of a subscription, up to and including the first for which `until` is true."""
    seen = []
    while not seen or not until(seen[-1]):
        note = connection.note()["params"]
        if note["subscription"] == subscription:
            seen.append(note["result"])
    return seen


def is_end(result):
    return result["type"] == "subscription.ended"


# With a call


def test_an_operation_can_subscribe_to_its_own_job(world):
    name = fresh_name()
    with world.connect() as connection:
        made = connection.call("provision", name=name, region="eu-central", size="small", subscribe={})
        seen = results(connection, made["subscription"]["subscription"], is_end)
        assert [seen[0]["type"], seen[-2]["type"], seen[-1]["reason"]] == ["job.queued", "job.succeeded", "terminal"]
        assert {event["job"] for event in seen[:-1]} == {made["job"]["id"]}
        for method in ("suspend", "resume", "restart", "destroy"):
            made = connection.call(method, instance=name, subscribe={"subscription": method})
            seen = results(connection, method, is_end)
            assert [seen[0]["type"], seen[-2]["type"]] == ["job.queued", "job.succeeded"], method


def test_a_call_and_its_subscription_succeed_or_fail_together(world):
    """If the subscription is refused, no job is created; if the job is refused, the subscription's name is free again."""
    name = fresh_name()
    with world.connect() as connection:
        connection.subscribe(subscription="mine")
        place = {"region": "eu-central", "size": "small"}
        connection.refused("subscriptionExists", "provision", name=name, subscribe={"subscription": "mine"}, **place)
        assert connection.refused("instanceNotFound", "status.get", instance=name)
        connection.refused("unknownRegion", "provision", name=name, region="the-moon", size="small",
                           subscribe={"subscription": "other"})
        connection.refused("invalidParams", "provision", name=name, subscribe={"until": "terminal"}, **place)
        made = connection.call("provision", name=name, subscribe={"subscription": "other"}, **place)
        results(connection, "other", is_end)
        world.succeed("destroy", instance=made["instance"]["id"])


def test_a_repeated_call_subscribes_on_its_own_connection(world):
    """The connection broke before the reply: the same key returns the same job, and its events arrive on the new
    connection, from the first."""
    name = fresh_name()
    call = {"name": name, "region": "eu-central", "size": "small", "idempotencyKey": f"key-{name}"}
    with world.connect() as connection:
        first = connection.call("provision", subscribe={}, **call)
    with world.connect() as connection:
        second = connection.call("provision", subscribe={"subscription": "again"}, **call)
        assert second["job"]["id"] == first["job"]["id"]
        seen = results(connection, "again", is_end)
        assert [seen[0]["type"], seen[-2]["type"]] == ["job.queued", "job.succeeded"]
    world.succeed("destroy", instance=name)


# Snapshots


def test_a_snapshot_is_followed_by_every_later_event(world):
    names = [fresh_name() for _ in range(3)]
    for name in names:
        world.succeed("provision", name=name)
    with world.connect() as connection:
        reply = connection.subscribe(**{"from": "snapshot"})
        pages = results(connection, reply["subscription"], lambda page: page["complete"])
        shown = {each["name"]: each["phase"] for page in pages for each in page["instances"]}
        assert {name: shown[name] for name in names} == dict.fromkeys(names, "running")
        job = connection.call("destroy", instance=names[0])["job"]["id"]
        seen = results(connection, reply["subscription"], lambda event: event["type"] == "job.succeeded")
        assert seen[-1]["job"] == job
        assert [event["seq"] for event in seen] == list(range(pages[0]["seq"] + 1, pages[0]["seq"] + 1 + len(seen)))
        one = connection.subscribe(**{"from": "snapshot"}, filter={"instance": names[1]})
        page = results(connection, one["subscription"], lambda page: page["complete"])[-1]
        assert [each["name"] for each in page["instances"]] == [names[1]]
        error = connection.refused("invalidParams", "status.subscribe", **{"from": "snapshot"}, filter={"change": "x"})
        assert error.data["path"] == "params.from"
    for name in names[1:]:
        world.succeed("destroy", instance=name)


def test_a_snapshot_during_changes_repeats_and_omits_nothing(world):
    """Snapshots are taken while jobs run. Each instance's phase, by pages and events, ends as status.get reports it."""
    jobs = [world.provision(fresh_name()) for _ in range(20)]
    ends = []
    for _ in range(5):
        with world.connect() as connection:
            reply = connection.subscribe(**{"from": "snapshot"}, until="terminal")
            phases, places = {}, {}
            for result in results(connection, reply["subscription"], is_end):
                if result["type"] == "subscription.snapshot":
                    phases |= {each["id"]: each["phase"] for each in result["instances"]}
                elif "instance" in result:
                    assert result["seq"] > places.get(result["instance"], 0)
                    places[result["instance"]] = result["seq"]
                    phases[result["instance"]] = result.get("phase", phases.get(result["instance"]))
            ends.append(phases)
    for job in jobs:
        instance = world.call("job.get", job=job)["job"]["instance"]
        assert world.call("status.get", instance=instance)["instance"]["phase"] == "running"
        assert all(phases[instance] == "running" for phases in ends)
        world.succeed("destroy", instance=instance)


# Lagging


def test_coalescing_drops_only_progress_events(world):
    """A subscriber that starts far behind gets every event of a job except progress that a later event replaced; a live
    one gets all."""
    job = world.provision(fresh_name())
    world.finish(job)
    with world.connect() as connection:
        everything = connection.subscribe(**{"from": "start"}, filter={"job": job}, until="terminal")["subscription"]
        whole = results(connection, everything, is_end)
        merged = connection.subscribe(
            **{"from": "start"}, filter={"job": job}, until="terminal", onLag="coalesce")["subscription"]
        fewer = results(connection, merged, is_end)
    progress = {"step.progress", "task.started", "task.finished"}
    assert [event for event in whole if event["type"] not in progress] == [
        event for event in fewer if event["type"] not in progress]
    assert all(event in whole for event in fewer)
    world.succeed("destroy", instance=world.call("job.get", job=job)["job"]["instance"])


# Many


def test_one_connection_can_follow_fifty_jobs(world):
    """Fifty jobs have one subscription each on one connection, each to its end, and receive no events of another job."""
    with world.connect(60) as connection:
        jobs = {}
        for _ in range(50):
            made = connection.call("provision", name=fresh_name(), region="eu-central", size="small", subscribe={})
            jobs[made["subscription"]["subscription"]] = made
        assert len(jobs) == 50
        seen = {subscription: [] for subscription in jobs}
        left = set(jobs)
        while left:
            note = connection.note()["params"]
            seen[note["subscription"]].append(note["result"])
            if is_end(note["result"]):
                left.remove(note["subscription"])
        for subscription, made in jobs.items():
            events = [event for event in seen[subscription][:-1] if event["type"] != "subscription.bookmark"]
            assert {event["job"] for event in events} == {made["job"]["id"]}
            assert [events[0]["type"], events[-1]["type"]] == ["job.queued", "job.succeeded"]
            assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})
        for made in jobs.values():
            connection.call("destroy", instance=made["instance"]["id"])
    eventually(lambda: not world.call("status.list")["instances"], seconds=60)
