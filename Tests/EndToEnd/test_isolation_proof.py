"""The small form of scripts/prove-isolation, without its timing."""

from isolation_proof import RED, Detector, Hammer, compare, no_machines, settings, welch


def test_neither_tenant_gets_anything_of_the_other(cluster, worlds, tmp_path):
    """Two daemons on one PostgreSQL, and 3,000 calls with the ids and names of the other tenant."""
    crew = cluster(2, settings=settings(tmp_path))
    no_machines(crew.world)
    figures = Hammer(crew, calls=3000, workers=4, seed=1, things=3).run()
    assert figures["calls"] == 3000 and figures["leaks"] == 0 and figures["events"] > 100
    assert {"ok", "instanceNotFound", "jobNotFound", "secretNotFound", "tenantNotFound", "principalNotFound",
            "tokenNotFound", "forbidden"} <= figures["outcomes"].keys()


def test_the_detector_finds_what_the_request_does_not_name():
    detector = Detector({RED, "an-id"})
    reply = b'{"result":{"tenant":"red-canary","id":"an-id"}}'
    assert detector.leaks(reply) == ["an-id", RED]
    assert detector.leaks(reply, b'{"id":"an-id"}') == [RED]
    assert detector.leaks(b'{"result":{"tenant":"red","id":"an"}}') == []


def test_a_difference_in_time_is_found():
    """One microsecond of a hundred, with one slow call in fifty."""
    numbers = range(20_000)
    unknown = [100_000 + number * 7919 % 20_000 + (number % 50 == 0) * 500_000 for number in numbers]
    foreign = [each + 1000 for each in unknown]
    t, quick, _, _ = compare(foreign, unknown)
    assert abs(quick) > 4.5 > abs(t)
    assert welch(unknown, unknown) == 0
