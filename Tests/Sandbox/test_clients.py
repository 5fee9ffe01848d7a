"""Clients of other authors, unmodified."""

import json
import os
import re
import shutil
import subprocess

import pytest
from hcloud import APIException, Client
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.server_types import ServerType


@pytest.fixture
def client(sandbox, description):
    client = Client(token=sandbox.token, api_endpoint=f"{sandbox.url}/v1", poll_interval=0.05)
    if description:
        client._client._session.hooks["response"].append(description.check)
    return client


def test_hcloud_python_creates_changes_and_deletes_resources(client, key):
    ssh_key = client.ssh_keys.create(name="k", public_key=key[1], labels={"a": "b"})
    firewall = client.firewalls.create(name="f").firewall
    made = client.servers.create(
        name="ada", server_type=ServerType(name="cx23"), image=Image(name="ubuntu-24.04"), location=Location(name="fsn1"),
        ssh_keys=[ssh_key], firewalls=[firewall], user_data="#cloud-config\n", labels={"managed-by": "aura"})
    assert made.root_password is None
    made.action.wait_until_finished()
    for action in made.next_actions:
        action.wait_until_finished()
    server = client.servers.get_by_name("ada")
    assert server.status == server.STATUS_RUNNING and server.location.name == "fsn1"
    assert server.server_type.name == "cx23" and server.labels == {"managed-by": "aura"}
    server.power_off().wait_until_finished()
    assert client.servers.get_by_id(server.id).status == server.STATUS_OFF
    server.power_on().wait_until_finished()
    server.reboot().wait_until_finished()
    server.reset().wait_until_finished()
    server.shutdown().wait_until_finished()
    assert server.update(name="eve", labels={"x": "y"}).labels == {"x": "y"}
    assert [row.name for row in client.servers.get_all(label_selector="x=y")] == ["eve"]
    server.change_protection(delete=True, rebuild=True).wait_until_finished()
    with pytest.raises(APIException) as refusal:
        server.delete()
    assert refusal.value.code == "protected"
    server.change_protection(delete=False, rebuild=False).wait_until_finished()
    server.delete().wait_until_finished()
    assert client.servers.get_all() == []
    firewall.delete()
    ssh_key.delete()
    assert client.ssh_keys.get_all() == []


def test_hcloud_python_walks_pages_and_reads_the_catalogue(client, sandbox):
    for number in range(60):
        sandbox.create(f"s{number}")
    assert len(client.servers.get_all()) == 60
    kind = client.server_types.get_by_name("cx23")
    assert [place.location.name for place in kind.locations] == ["fsn1", "nbg1", "hel1"]
    assert client.images.get_by_name_and_architecture("debian-12", "x86").os_version == "12"
    assert client.locations.get_by_name("hil").network_zone == "us-west"


def test_hcloud_python_retries_only_retryable_errors(client, sandbox):
    sandbox.fault("status", "/v1/servers", "GET", status=409, code="conflict")
    sandbox.fault("html502", "/v1/servers", "GET", after=1)
    assert client.servers.get_all() == []
    assert sandbox.state()["requests"]["byRoute"]["GET /v1/servers"] == 3
    sandbox.fault("resourceUnavailable", "/v1/servers", "POST")
    with pytest.raises(APIException) as refusal:
        client.servers.create(name="ada", server_type=ServerType(name="cx23"), image=Image(name="debian-12"))
    assert refusal.value.code == "resource_unavailable" and refusal.value.correlation_id


class CLI:
    def __init__(self, sandbox, home):
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "HCLOUD_TOKEN": sandbox.token,
            "HCLOUD_ENDPOINT": f"{sandbox.url}/v1", "NO_PROXY": "127.0.0.1"}

    def run(self, *arguments, succeeds=True):
        done = subprocess.run(["hcloud", *arguments], env=self.environment, capture_output=True, text=True, timeout=60)
        assert (done.returncode == 0) == succeeds, done.stdout + done.stderr
        return done.stdout if succeeds else done.stderr

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "-o", "json"))


@pytest.fixture
def cli(sandbox, tmp_path):
    assert shutil.which("hcloud"), "hcloud is missing; run: apt-get install hcloud-cli"
    return CLI(sandbox, tmp_path)


def test_hcloud_cli_creates_changes_and_deletes_resources(cli, sandbox, key):
    cli.run("ssh-key", "create", "--name", "k", "--public-key", key[1])
    cli.run("firewall", "create", "--name", "f")
    out = cli.run("server", "create", "--name", "ada", "--type", "cx23", "--image", "ubuntu-24.04", "--ssh-key", "k",
                  "--firewall", "f", "--location", "nbg1", "--label", "a=b")
    assert re.search(r"Server \d+ created", out) and "IPv4: 127." in out
    assert [(row["name"], row["status"]) for row in cli.json("server", "list")] == [("ada", "running")]
    described = cli.json("server", "describe", "ada")
    assert described["labels"] == {"a": "b"} and described["public_net"]["firewalls"][0]["status"] == "applied"
    cli.run("server", "poweroff", "ada")
    assert cli.json("server", "describe", "ada")["status"] == "off"
    cli.run("server", "poweron", "ada")
    cli.run("server", "reboot", "ada")
    cli.run("server", "add-label", "ada", "c=d")
    assert cli.json("server", "list", "-l", "c=d")[0]["labels"] == {"a": "b", "c": "d"}
    cli.run("server", "shutdown", "ada")
    sandbox.until(described["id"], "off")
    cli.run("server", "delete", "ada")
    cli.run("ssh-key", "delete", "k")
    assert [row["name"] for row in cli.json("location", "list")][:2] == ["fsn1", "nbg1"]
    assert any(row["name"] == "cx23" for row in cli.json("server-type", "list"))


def test_hcloud_cli_reports_a_lock_and_retries_a_conflict(cli, sandbox):
    server = sandbox.running("ada")
    sandbox.settings(stopSeconds=100)
    sandbox.ok("POST", f"/servers/{server['id']}/actions/poweroff", 201)
    assert "(locked)" in cli.run("server", "delete", "ada", succeeds=False)
    sandbox.until(server["id"], "off")
    sandbox.fault("status", "/v1/servers/*", "DELETE", status=409, count=2)
    cli.run("server", "delete", "ada")
    assert sandbox.state()["requests"]["byRoute"]["DELETE /v1/servers/{id}"] == 4
