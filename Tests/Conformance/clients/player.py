"""Selects the rules of an adapter, and plays them."""

import json
import os
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [path for path in [str(HERE)] if path not in sys.path]

import plays  # noqa: E402
from plays import Skipped, Stage  # noqa: E402

ABILITIES = {"cancel", "close", "concurrent", "fork", "strict", "tcp", "timeout"}
RULES = json.loads((HERE / "rules.json").read_text())


def adapter_named(path):
    description = json.loads(pathlib.Path(path).read_text())
    description.setdefault("without", {})
    unknown = set(description["without"]) - ABILITIES
    assert not unknown, f"{path} is without abilities that there are not: {unknown}"
    return description


def missing(rule, description):
    """Returns the reason why an adapter does not play a rule, or None."""
    return next((f"{need}: {description['without'][need]}" for need in rule["needs"] if need in description["without"]), None)


def play(rule, description):
    """Plays a rule. Raises `Skipped`, or `AssertionError` and others if the client breaks the rule."""
    if reason := missing(rule, description):
        raise Skipped(reason)
    # Short, since the path of a Unix socket has at most 107 bytes.
    directory = tempfile.mkdtemp(prefix="aura-rule-")
    worlds = []

    def world(settings=None):
        sys.path.insert(0, str(HERE.parent.parent / "EndToEnd"))
        try:
            from harness import World
        except ImportError as failure:
            raise Skipped(f"the rules against aurad need Tests/requirements.txt: {failure}") from failure
        worlds.append(World(settings))
        return worlds[-1]

    if rule["daemon"] == "aurad" and "AURA_BIN_DIR" not in os.environ:
        raise Skipped("AURA_BIN_DIR does not name the directory of aurad")
    try:
        getattr(plays, rule["id"].replace("-", "_"))(Stage(description, directory, world))
    finally:
        for each in worlds:
            each.abandon()
            shutil.rmtree(each.directory, ignore_errors=True)
        shutil.rmtree(directory, ignore_errors=True)


def main(arguments):
    import argparse
    parser = argparse.ArgumentParser(prog="run", description="Plays the conformance list for clients: see README.md.")
    parser.add_argument("--adapter", help="the JSON file that describes the adapter")
    parser.add_argument("--list", action="store_true", help="print the rules")
    parser.add_argument("rules", nargs="*", help="only the rules whose id begins so")
    options = parser.parse_args(arguments)
    rules = [rule for rule in RULES if not options.rules or any(rule["id"].startswith(each) for each in options.rules)]
    if options.list:
        for rule in rules:
            print(f"{rule['id']}: {rule['rule']}")
        return 0
    if not options.adapter or not rules:
        parser.print_usage(sys.stderr)
        return 2
    description = adapter_named(options.adapter)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for rule in rules:
        try:
            play(rule, description)
            verdict, why = "passed", ""
        except Skipped as reason:
            verdict, why = "skipped", f" ({reason})"
        except Exception as failure:
            verdict, why = "failed", f"\n    {rule['rule']}\n    {type(failure).__name__}: {failure}"
        counts[verdict] += 1
        print(f"{verdict}: {rule['id']}{why}", flush=True)
    print(f"{description['name']}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return 1 if counts["failed"] else 0
