"""The inventory script against an aurad that replies well, badly, with an error, or not at all."""

from __future__ import annotations

import json
import os
import subprocess

import aurad_double
import pytest
from conftest import TREE, environment, play, program

SCRIPT = TREE / "inventory" / "aura.py"


@pytest.fixture
def aurad(job):
    """Returns a function that starts an aurad with the replies that a test needs."""
    started = []

    def start(answer):
        started.append(aurad_double.AuradDouble(job / "s", answer))
        return started[-1]

    yield start
    for server in started:
        server.close()


def host(number):
    """Returns the inventory's name of the double's instance: its id."""
    return aurad_double.instance(number)["id"]


def ask(job, *arguments, seconds=30, **more):
    """Runs the script as Ansible does."""
    return subprocess.run(
        [str(SCRIPT), *arguments], env={"PATH": os.environ["PATH"], **more}, cwd=job, capture_output=True, text=True,
        timeout=seconds, check=False)


def listing(job, **more):
    """Returns the script's inventory document."""
    done = ask(job, "--list", AURA_SOCKET=str(job / "s"), **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def complaint(done):
    """Checks that a run failed; returns the single line that it wrote to standard error."""
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


def test_every_page_is_read_in_order(job, aurad):
    server = aurad(aurad_double.serving([aurad_double.instance(n) for n in range(1, 8)], page=3))
    document = listing(job)
    assert sorted(document["_meta"]["hostvars"]) == [host(n) for n in range(1, 8)]
    assert [document["_meta"]["hostvars"][host(n)]["aura_instance"] for n in (1, 7)] == ["ada1", "ada7"]
    assert [request["params"] for request in server.requests] == [{}, {"after": "3"}, {"after": "6"}]
    assert [request["id"] for request in server.requests] == [1, 2, 3]


def test_an_instance_has_its_groups_and_variables(job, aurad):
    aurad(aurad_double.serving([
        aurad_double.instance(1),
        aurad_double.instance(2, region="us-east", phase="running", tenant="a.b-c", tailnet={
            "nodeId": "n1CNTRL", "name": "aura-ada2.tail1.ts.net", "addresses": ["100.64.0.2"]}),
    ]))
    document = listing(job)
    assert document["aura"]["hosts"] == [host(1), host(2)]
    assert document["region_eu_central"]["hosts"] == [host(1)]
    assert document["region_us_east"]["hosts"] == [host(2)]
    assert document["phase_running"]["hosts"] == [host(2)]
    assert document["size_small"]["hosts"] == [host(1), host(2)]
    assert document["tenant_a_b_c"]["hosts"] == [host(2)]
    variables = document["_meta"]["hostvars"][host(2)]
    assert variables["ansible_host"] == "10.89.0.2"
    assert variables["ansible_user"] == "root"
    assert variables["ansible_port"] == 22
    assert variables["aura_instance_id"] == "01990000-0000-7000-8000-000000000002"
    assert variables["aura_tenant"] == "a.b-c"
    assert variables["aura_phase"] == "running"
    assert variables["aura_generation"] == 1
    assert variables["aura_tailnet_name"] == "aura-ada2.tail1.ts.net"
    assert "ansible_ssh_common_args" not in variables


def test_an_instance_without_server_is_not_a_host(job, aurad):
    aurad(aurad_double.serving([aurad_double.instance(1, server=None), aurad_double.instance(2)]))
    assert list(listing(job)["_meta"]["hostvars"]) == [host(2)]


def test_aura_instance_limits_the_inventory_to_one_instance(job, aurad):
    wanted = aurad_double.instance(2)
    server = aurad(aurad_double.serving([aurad_double.instance(1), wanted]))
    document = listing(job, AURA_INSTANCE=wanted["id"])
    assert list(document["_meta"]["hostvars"]) == [host(2)]
    assert [(r["method"], r["params"]) for r in server.requests] == [("status.get", {"instance": wanted["id"]})]


def test_host_prints_the_variables_of_one(job, aurad):
    aurad(aurad_double.serving([aurad_double.instance(1)]))
    done = ask(job, "--host", host(1), AURA_SOCKET=str(job / "s"))
    assert json.loads(done.stdout)["ansible_host"] == "10.89.0.1"
    done = ask(job, "--host", "nobody", AURA_SOCKET=str(job / "s"))
    assert (done.returncode, json.loads(done.stdout)) == (0, {})


def test_ssh_uses_only_the_key_and_known_hosts_of_the_run(job, aurad):
    aurad(aurad_double.serving([aurad_double.instance(1)]))
    variables = listing(
        job, AURA_SSH_DIRECTORY=f"{job}/ssh", AURA_SSH_USER="debian", AURA_SSH_PORT="2222")["_meta"]["hostvars"][host(1)]
    assert variables["ansible_user"] == "debian"
    assert variables["ansible_port"] == 2222
    assert variables["ansible_ssh_private_key_file"] == f"{job}/ssh/id_ed25519"
    arguments = variables["ansible_ssh_common_args"]
    for option in (f"UserKnownHostsFile={job}/ssh/known_hosts", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes",
                   "PasswordAuthentication=no", "HostKeyAlias=01990000-0000-7000-8000-000000000001"):
        assert f"-o {option}" in arguments
    assert arguments.startswith("-F none ")
    assert variables["ansible_control_path"].startswith(f"{job}/ssh/")


def test_ansible_passes_ssh_only_the_configuration_of_the_run(job, aurad):
    aurad(aurad_double.serving([aurad_double.instance(1)]))
    (job / "ssh").mkdir()
    (job / "ssh" / "config").write_text("BatchMode yes\n", encoding="utf-8")
    stub = job / "ssh-stub"
    stub.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {job}/arguments\nexit 255\n', encoding="utf-8")
    stub.chmod(0o700)
    book = job / "play.yml"
    book.write_text("- hosts: aura\n  gather_facts: false\n  tasks: [{ansible.builtin.raw: 'true'}]\n", encoding="utf-8")
    play(job, "-i", SCRIPT, book, AURA_SOCKET=str(job / "s"), AURA_SSH_DIRECTORY=f"{job}/ssh",
         ANSIBLE_SSH_EXECUTABLE=str(stub), ANSIBLE_SSH_RETRIES="0")
    arguments = (job / "arguments").read_text(encoding="utf-8").splitlines()
    assert [arguments[index + 1] for index, name in enumerate(arguments) if name == "-F"] == [f"{job}/ssh/config"]


def test_a_long_directory_disables_connection_sharing(job, aurad):
    aurad(aurad_double.serving([aurad_double.instance(1)]))
    variables = listing(job, AURA_SSH_DIRECTORY=f"{job}/{'d' * 90}")["_meta"]["hostvars"][host(1)]
    assert "ansible_control_path" not in variables
    assert "ControlMaster=no" in variables["ansible_ssh_args"]


@pytest.mark.parametrize("field", ["tenant", "region", "size", "phase", "change"])
def test_no_value_contains_a_template_expression(job, aurad, field):
    aurad(aurad_double.serving([aurad_double.instance(1, **{field: "{{ lookup('pipe', 'id') }}"})]))
    done = ask(job, "--list", AURA_SOCKET=str(job / "s"))
    assert done.returncode == 0
    assert "{{" not in done.stdout


@pytest.mark.parametrize("change", [
    {"name": "ada:!all"}, {"name": "{{ x }}"}, {"name": "-oProxyCommand=x"}, {"name": ""}, {"name": "a" * 64},
    {"server": {"address": "evil.example"}}, {"server": {"address": "-oProxyCommand=x"}}, {"id": "a b"},
    {"id": "all"}, {"id": "01990000-0000-7000-8000-00000000000A"},
])
def test_an_unsafe_instance_is_skipped_in_a_list_and_refused_alone(job, aurad, change):
    bad = aurad_double.instance(1, **change)
    aurad(lambda request: aurad_double.result(
        request, {"instance": bad} if request["method"] == "status.get"
        else {"instances": [bad, aurad_double.instance(2)], "next": None}))
    assert list(listing(job)["_meta"]["hostvars"]) == [host(2)]
    done = ask(job, "--list", AURA_SOCKET=str(job / "s"), AURA_INSTANCE="x")
    assert complaint(done).startswith("aura inventory: cannot use")


def test_instances_with_the_same_name_are_separate_hosts(job, aurad):
    aurad(aurad_double.serving([aurad_double.instance(1), aurad_double.instance(2, name="ada1")]))
    done = ask(job, "--list", AURA_SOCKET=str(job / "s"))
    variables = json.loads(done.stdout)["_meta"]["hostvars"]
    assert {variables[host(n)]["ansible_host"] for n in (1, 2)} == {"10.89.0.1", "10.89.0.2"}


@pytest.mark.parametrize("name", ["all", "localhost", "aura", "ungrouped", "ada1", "01990000-0000-7000-8000-000000000001"])
def test_a_run_reaches_only_its_machine_for_any_instance_name(job, aurad, name):
    """Runs `ansible-playbook` itself, with the limit that aurad gives."""
    aurad(aurad_double.serving([aurad_double.instance(1), aurad_double.instance(2, name=name), aurad_double.instance(3)]))
    (job / "ssh").mkdir()
    stub = job / "ssh-stub"
    stub.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {job}/arguments\nexit 255\n', encoding="utf-8")
    stub.chmod(0o700)
    book = job / "play.yml"
    book.write_text("- hosts: aura\n  gather_facts: false\n  tasks: [{ansible.builtin.raw: 'true'}]\n", encoding="utf-8")
    run = play(job, "-i", SCRIPT, "--limit", host(2), book, AURA_SOCKET=str(job / "s"), AURA_SSH_DIRECTORY=f"{job}/ssh",
               ANSIBLE_SSH_EXECUTABLE=str(stub), ANSIBLE_SSH_RETRIES="0")
    reached = {word for word in (job / "arguments").read_text(encoding="utf-8").splitlines() if word.startswith("10.89.")}
    assert reached == {"10.89.0.2"}
    assert list(run.recap["hosts"]) == [host(2)]


def test_a_missing_socket_is_reported(job):
    done = ask(job, "--list", AURA_SOCKET=str(job / "absent"))
    assert complaint(done) == (
        f"aura inventory: cannot reach aurad at {job}/absent: no such file or directory; "
        "start aurad or set AURA_SOCKET")
    assert "AURA_SOCKET is not set" in complaint(ask(job, "--list"))


def test_an_error_reply_is_reported(job, aurad):
    aurad(lambda request: aurad_double.error(request, -32001, "cannot list:\nnot authorised"))
    done = ask(job, "--list", AURA_SOCKET=str(job / "s"))
    assert complaint(done) == (
        "aura inventory: cannot list instances: aurad answered status.list with: cannot list: not authorised")


@pytest.mark.parametrize(("reply", "words"), [
    (b"no json\n", "it is not JSON"),
    (b"[]\n", "it is not the reply to this call"),
    (b'{"jsonrpc":"2.0","id":7,"result":{}}\n', "it is not the reply to this call"),
    (b'{"jsonrpc":"2.0","id":1}\n', "it has no result object"),
    (b'{"jsonrpc":"2.0","id":1,"result":{"instances":[1],"next":null}}\n', ""),
])
def test_an_invalid_reply_yields_no_hosts(job, aurad, reply, words):
    aurad(lambda request: reply)
    done = ask(job, "--list", AURA_SOCKET=str(job / "s"))
    if words:
        assert words in complaint(done)
    else:
        assert json.loads(done.stdout)["_meta"]["hostvars"] == {}


def test_a_repeated_page_ends_the_listing_with_an_error(job, aurad):
    server = aurad(lambda request: aurad_double.result(request, {"instances": [], "next": "same"}))
    assert "same page again" in complaint(ask(job, "--list", AURA_SOCKET=str(job / "s")))
    assert len(server.requests) == 2


def test_a_closed_connection_is_reported(job, aurad):
    server = None

    def hang_up(request):
        server.close()

    server = aurad_double.AuradDouble(job / "s", hang_up)
    assert "it closed the connection" in complaint(ask(job, "--list", AURA_SOCKET=str(job / "s")))


def test_a_line_over_the_limit_is_refused(job, aurad):
    aurad(lambda request: b"x" * (5 * 1024 * 1024))
    assert "it is longer than 4194304 bytes" in complaint(ask(job, "--list", AURA_SOCKET=str(job / "s")))


def test_a_silent_daemon_times_out_after_ten_seconds(job, aurad):
    aurad(lambda request: None)
    done = ask(job, "--list", AURA_SOCKET=str(job / "s"))
    assert "within 10 s" in complaint(done)


def test_a_wrong_port_is_refused(job, aurad):
    aurad(aurad_double.serving([aurad_double.instance(1)]))
    done = ask(job, "--list", AURA_SOCKET=str(job / "s"), AURA_INSTANCE="ada1", AURA_SSH_PORT="0")
    assert "cannot use AURA_SSH_PORT" in complaint(done)


def test_ansible_reads_the_inventory(job, aurad):
    wanted = aurad_double.instance(1)
    aurad(aurad_double.serving([wanted]))
    done = subprocess.run(
        [program("ansible-inventory"), "-i", str(SCRIPT), "--list"], capture_output=True, text=True, timeout=60,
        check=False, cwd=job, env=environment(job, AURA_SOCKET=str(job / "s"), AURA_INSTANCE=wanted["id"]))
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    document = json.loads(done.stdout)
    assert document["_meta"]["hostvars"][host(1)]["ansible_host"] == "10.89.0.1"
    assert "tenant_default" in document["all"]["children"] or "tenant_default" in document


def test_ansible_stops_without_an_inventory(job):
    run = play(job, "-i", SCRIPT, TREE / "playbooks" / "configure.yml", AURA_SOCKET=str(job / "absent"))
    assert run.code != 0
    assert "cannot reach aurad" in run.errors
    assert run.events == []
