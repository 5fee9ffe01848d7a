"""Runs the conformance rules for clients with every adapter in clients/adapters."""

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent / "clients"
sys.path[:0] = [str(HERE)]

from harness.node import compile_client, node  # noqa: E402

import player  # noqa: E402
import plays  # noqa: E402

ADAPTERS = {path.stem: player.adapter_named(path) for path in sorted((HERE / "adapters").glob("*.json"))}


@pytest.fixture(scope="session", autouse=True)
def typescript(request, tmp_path_factory):
    """Compiles the TypeScript client for its adapter, and puts a sufficiently new Node first on the path."""
    if not any("typescript" in item.name for item in request.session.items):
        return
    os.environ["AURA_CLIENT_BUILD"] = str(compile_client(tmp_path_factory.mktemp("typescript")))
    os.environ["PATH"] = f"{os.path.dirname(node())}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("rule", player.RULES, ids=lambda rule: rule["id"])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_rule(adapter, rule):
    try:
        player.play(rule, ADAPTERS[adapter])
    except plays.Skipped as reason:
        pytest.skip(str(reason))


def test_every_rule_has_a_play_and_is_described():
    assert len({rule["id"] for rule in player.RULES}) == len(player.RULES)
    for rule in player.RULES:
        assert callable(getattr(plays, rule["id"].replace("-", "_")))
        assert set(rule) == {"id", "daemon", "needs", "rule"} and rule["daemon"] in ("scripted", "aurad")
        assert set(rule["needs"]) <= player.ABILITIES


def test_every_missing_ability_of_an_adapter_has_a_reason():
    for description in ADAPTERS.values():
        assert all(len(reason) > 10 for reason in description["without"].values())
