#!/usr/bin/env python3
"""Copies the inputs that reach the most code beyond the seeds: smallest.py CONTROL_FILE SEEDS TARGET_DIRECTORY COUNT.

CONTROL_FILE is libFuzzer's record of a merge (-merge_control_file): the names of all inputs, and for each the features (`FT`) that it
reached. Inputs are chosen one after the other, each time the one that adds the most features, and of those the shortest.
"""

import pathlib
import shutil
import sys

LONGEST_BYTES = 2048


def read(path):
    """The features of each input, by its path."""
    lines = pathlib.Path(path).read_text().splitlines()
    count = int(lines[0])
    names = lines[2:2 + count]
    features = {}
    for line in lines[2 + count:]:
        words = line.split()
        if words[0] == "FT":
            features[pathlib.Path(names[int(words[1])])] = set(words[2:])
    return features


def choose(features, seeds, count):
    """At most `count` inputs that are no seeds."""
    reached = set().union(*(found for path, found in features.items() if seeds in path.parents), set())
    left = {path: found for path, found in features.items() if seeds not in path.parents and path.stat().st_size <= LONGEST_BYTES}
    chosen = []
    while left and len(chosen) < count:
        best = max(left, key=lambda path: (len(left[path] - reached), -path.stat().st_size, path.name))
        if not left[best] - reached:
            break
        chosen.append(best)
        reached |= left.pop(best)
    return chosen


def main(control, seeds, directory, count):
    target = pathlib.Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    for path in choose(read(control), pathlib.Path(seeds), int(count)):
        shutil.copyfile(path, target / path.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
