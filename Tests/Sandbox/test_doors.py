"""Access to the sandbox's listeners: programs of this machine may use them, web pages and other machines may not."""

import socket
import subprocess
import urllib.error
import urllib.request

import pytest


def state(sandbox, **headers):
    return status(urllib.request.Request(f"{sandbox.url}/_sandbox/state", headers=headers))


def status(request):
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"Host": "rebound.example"}, {"Origin": "http://127.0.0.1"},
])
def test_web_pages_may_not_use_the_admin_calls(sandbox, headers):
    assert state(sandbox, **headers) == 403


def test_web_pages_may_not_sign_nodes(sandbox):
    headers = {"Origin": "https://evil.example", "Content-Type": "application/json"}
    body = b'{"nodeId": "n1"}'
    assert status(urllib.request.Request(f"{sandbox.url}/_sandbox/sign-node", body, headers)) == 403
    assert status(urllib.request.Request(f"{sandbox.url}/_sandbox/sign-node", body)) == 404


def test_programs_may_use_the_admin_calls(sandbox):
    assert state(sandbox) == 200
    assert state(sandbox, Host="localhost:1") == 200


def test_the_health_port_is_served_on_loopback_only(sandbox):
    port = sandbox.config["health"]["port"]
    listening = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    assert f"%lo:{port}" in listening


def test_another_health_port_is_used_if_the_default_is_taken(start):
    holder = socket.socket()
    try:
        holder.bind(("0.0.0.0", 18789))
        holder.listen()
    except OSError:
        pass  # another program holds the port, which has the same effect
    with holder:
        sandbox = start("--hosts", "none")
        assert sandbox.config["health"]["port"] not in (0, 18789)
