"""The simulator as a program: the same seed makes the same world, also in another process, and a fault ends with exit
code 1."""

from harness import binary, finish


def simulate(*arguments):
    return finish([binary("aura-sim"), *arguments], {}, 60)


def test_the_same_seed_gives_the_same_trace_in_two_processes():
    first, second = (simulate("--first", "11", "--seeds", "2", "--trace") for _ in range(2))
    assert first.returncode == 0, first.stdout[-2000:]
    # All lines except the line with the duration.
    lines = [[line for line in run.stdout.splitlines() if " of virtual time in " not in line] for run in (first, second)]
    assert len(lines[0]) > 500 and lines[0] == lines[1]


def test_another_seed_gives_another_output():
    assert simulate("--first", "11", "--seeds", "1").stdout != simulate("--first", "12", "--seeds", "1").stdout


def test_a_violation_is_reported_with_the_command_that_reproduces_it():
    run = simulate("--seeds", "40", "--sabotage", "fencing", "--no-sweep")
    assert run.returncode == 1
    assert "again: aura-sim --first " in run.stdout and "--sabotage fencing" in run.stdout
