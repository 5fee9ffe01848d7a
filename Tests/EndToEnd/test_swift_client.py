"""The Swift client's example against a live daemon. RPCTransportTests and the command line's suites test the client
itself."""

from harness import binary, finish, fresh_name


def test_the_example_runs(world):
    program, settings, name = binary("example-provision"), {"AURA_SOCKET": str(world.daemon.socket)}, fresh_name()
    done = finish([program, name], settings, 60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name} runs at" in done.stdout and done.stdout.endswith("destroy succeeded\n")
    refused = finish([program, "Not A Name"], settings, 60)
    assert refused.returncode == 1 and "params.name" in refused.stderr
    unasked = finish([program], settings, 60)
    assert unasked.returncode == 1 and "NAME" in unasked.stderr
