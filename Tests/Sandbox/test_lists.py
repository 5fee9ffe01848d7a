import re

import pytest


def names(answer):
    return [row["name"] for row in answer["servers"]]


def test_a_list_has_pages_and_links(sandbox):
    for number in range(53):
        sandbox.create(f"s{number:02}")
    first = sandbox.call("GET", "/servers")
    assert first.json()["meta"]["pagination"] == {
        "page": 1, "per_page": 25, "previous_page": None, "next_page": 2, "last_page": 3, "total_entries": 53}
    assert len(first.json()["servers"]) == 25
    links = dict(re.findall(r'<([^>]+)>; rel="(\w+)"', first.headers["Link"]))
    assert {relation for relation in links.values()} == {"next", "last"}
    last = sandbox.ok("GET", "/servers?page=3")
    assert last["meta"]["pagination"]["next_page"] is None and last["meta"]["pagination"]["previous_page"] == 2
    assert len(last["servers"]) == 3
    assert len(sandbox.ok("GET", "/servers?per_page=500")["servers"]) == 50, "50 is the most"
    assert sandbox.ok("GET", "/servers?page=9")["servers"] == []
    sandbox.refused("GET", "/servers?page=0", 422, "invalid_input")
    following = next(url for url, relation in links.items() if relation == "next")
    assert names(sandbox.ok("GET", following.removeprefix("/v1"))) == [f"s{n:02}" for n in range(25, 50)]


def test_a_list_is_sorted_and_ignores_unknown_parameters(sandbox):
    for name in ("bob", "ada", "eve"):
        sandbox.create(name)
    assert names(sandbox.ok("GET", "/servers")) == ["bob", "ada", "eve"]
    assert names(sandbox.ok("GET", "/servers?sort=name")) == ["ada", "bob", "eve"]
    assert names(sandbox.ok("GET", "/servers?sort=name:desc&nonsense=1")) == ["eve", "bob", "ada"]
    assert names(sandbox.ok("GET", "/servers?sort=id%3Adesc")) == ["eve", "ada", "bob"]
    sandbox.refused("GET", "/servers?sort=colour", 422, "invalid_input")
    sandbox.refused("GET", "/servers?sort=name:up", 422, "invalid_input")


def test_servers_are_filtered_by_status(sandbox):
    sandbox.running("on")
    off = sandbox.create("off", start_after_create=False)["server"]["id"]
    sandbox.until(off, "off")
    assert names(sandbox.ok("GET", "/servers?status=off")) == ["off"]
    assert names(sandbox.ok("GET", "/servers?status=off&status=running")) == ["on", "off"]


@pytest.mark.parametrize("selector, expected", [
    ("env=prod", ["a", "b"]), ("env==prod", ["a", "b"]), ("env!=prod", ["c", "d"]), ("env", ["a", "b", "c"]),
    ("!env", ["d"]), ("env in (prod,test)", ["a", "b", "c"]), ("env notin (prod)", ["c", "d"]),
    ("env=prod,tier=1", ["a"]), ("env in (prod, test), tier", ["a", "c"]), ("aura.dev/order=o1", ["d"]),
    ("empty=", ["b"]), ("nothing", []), ("ENV=prod", []),
])
def test_a_label_selector_selects_servers(sandbox, selector, expected):
    sandbox.create("a", labels={"env": "prod", "tier": "1"})
    sandbox.create("b", labels={"env": "prod", "empty": ""})
    sandbox.create("c", labels={"env": "test", "tier": "2"})
    sandbox.create("d", labels={"aura.dev/order": "o1"})
    assert names(sandbox.ok("GET", "/servers", params={"label_selector": selector})) == expected


@pytest.mark.parametrize("selector", ["a b", "=x", "k in ()x", "k=v w", "k in a,b", "!", "k=(a)", "a@b"])
def test_an_invalid_label_selector_is_refused(sandbox, selector):
    error = sandbox.refused("GET", "/servers", 422, "invalid_input", params={"label_selector": selector})
    assert error["details"]["fields"][0]["name"] == "label_selector"


def test_actions_need_ids(sandbox):
    sandbox.refused("GET", "/actions", 422, "invalid_input")
    made = [sandbox.create(name) for name in ("a", "b")]
    ids = [entry["action"]["id"] for entry in made]
    found = sandbox.ok("GET", "/actions", params={"id": [*ids, 5]})["actions"]
    assert [action["id"] for action in found] == ids
    of_server = sandbox.ok("GET", f"/servers/{made[0]['server']['id']}/actions")["actions"]
    assert [action["command"] for action in of_server] == ["create_server", "start_server"]
    descending = sandbox.ok("GET", f"/servers/{made[0]['server']['id']}/actions?sort=id:desc")["actions"]
    assert [action["id"] for action in descending] == [action["id"] for action in reversed(of_server)]
    assert sandbox.ok("GET", f"/servers/actions/{ids[0]}")["action"]["id"] == ids[0]
    sandbox.refused("GET", "/actions/5", 404, "not_found")


def test_the_catalogue_lists_locations_types_images_and_prices(sandbox):
    locations = sandbox.ok("GET", "/locations")["locations"]
    assert {row["name"] for row in locations} == {"fsn1", "nbg1", "hel1", "ash", "hil", "sin"}
    assert sandbox.ok("GET", "/locations?name=ash")["locations"][0]["network_zone"] == "us-east"
    types = sandbox.ok("GET", "/server_types")["server_types"]
    assert all(row["available"] is True for kind in types for row in kind["locations"])
    cx23 = next(kind for kind in types if kind["name"] == "cx23")
    assert [row["name"] for row in cx23["locations"]] == ["fsn1", "nbg1", "hel1"]
    stale = next(kind for kind in types if kind["name"] == "cpx11")
    assert [row["name"] for row in stale["locations"]] == ["nbg1", "ash", "hil"], "listed in nbg1, and not built there"
    assert sandbox.ok("GET", f"/server_types/{cx23['id']}")["server_type"] == cx23
    images = sandbox.ok("GET", "/images?name=debian-12&architecture=arm")["images"]
    assert [(row["os_flavor"], row["architecture"]) for row in images] == [("debian", "arm")]
    prices = sandbox.ok("GET", "/pricing")["pricing"]
    assert prices["currency"] == "EUR" and len(prices["server_types"]) == len(types)
