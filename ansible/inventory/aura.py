#!/usr/bin/env python3
"""Ansible's inventory from a running aurad: every instance that has a server, by its id.

A host is named by the instance's id, never by its name. Users choose names, and a name may equal that of a group
(`all`), of the controller (`localhost`) or of another tenant's instance. The variable `aura_instance` has the name.

Calls aurad over its Unix socket. Environment: AURA_SOCKET (required), AURA_INSTANCE (only this instance id),
AURA_SSH_DIRECTORY (id_ed25519, known_hosts and config of the run), AURA_SSH_USER, AURA_SSH_PORT.
"""

from __future__ import annotations

import argparse
import hashlib
import ipaddress
import json
import os
import re
import shlex
import socket
import sys
import time

ANSWER_SECONDS = 10
REPLY_LIMIT_BYTES = 4 * 1024 * 1024
PAGE_LIMIT_COUNT = 1000
CONTROL_PATH_LIMIT_BYTES = 107 - 17  # the maximum path of a Unix socket, less the suffix that ssh appends while it binds

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Ansible evaluates host variables as templates: a value with any other character must not reach them.
VALUE = re.compile(r"[A-Za-z0-9_.:/@+-]{1,128}")

# For a directory that an operator made, without aurad's `config`; the same options as SSHConfiguration.swift writes.
OPTIONS = (
    "GlobalKnownHostsFile=/dev/null", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "VerifyHostKeyDNS=no",
    "IdentitiesOnly=yes", "IdentityAgent=none", "PasswordAuthentication=no", "KbdInteractiveAuthentication=no",
    "HostbasedAuthentication=no", "GSSAPIAuthentication=no", "BatchMode=yes", "ForwardAgent=no", "ForwardX11=no",
    "ClearAllForwardings=yes", "Tunnel=no", "PermitLocalCommand=no", "ProxyCommand=none", "CanonicalizeHostname=no",
)


class InventoryError(Exception):
    """The reason why there is no inventory, as one line with a remedy."""


class Connection:
    """A connection to aurad with one call at a time and one deadline for all calls."""

    def __init__(self, path, seconds=ANSWER_SECONDS):
        self._path = path
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._buffer = b""
        self._id = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._wait()
            self._socket.connect(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InventoryError(
                f"cannot reach aurad at {path}: {reason.lower()}; start aurad or set AURA_SOCKET") from error

    def _wait(self):
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise InventoryError(
                f"cannot get an answer from aurad at {self._path} within {self._seconds} s; look at its log")
        self._socket.settimeout(left)

    def call(self, method, params):
        """Returns the result of one call. Raises `InventoryError` for an error reply, no reply, or invalid data."""
        self._id += 1
        request = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}
        try:
            self._wait()
            self._socket.sendall(json.dumps(request, separators=(",", ":")).encode() + b"\n")
            reply = json.loads(self._line())
        except TimeoutError as error:
            raise InventoryError(
                f"cannot get an answer from aurad at {self._path} within {self._seconds} s; look at its log") from error
        except OSError as error:
            raise InventoryError(f"cannot talk to aurad at {self._path}: {error}") from error
        except ValueError as error:
            raise InventoryError(f"cannot read aurad's answer to {method}: it is not JSON") from error
        return self._result(method, reply)

    def _line(self):
        while b"\n" not in self._buffer:
            if len(self._buffer) > REPLY_LIMIT_BYTES:
                raise InventoryError(f"cannot read aurad's answer: it is longer than {REPLY_LIMIT_BYTES} bytes")
            self._wait()
            chunk = self._socket.recv(65536)
            if not chunk:
                raise InventoryError(f"cannot read aurad's answer: it closed the connection at {self._path}")
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line

    def _result(self, method, reply):
        if not isinstance(reply, dict) or reply.get("id") != self._id:
            raise InventoryError(f"cannot use aurad's answer to {method}: it is not the reply to this call")
        error = reply.get("error")
        if error is not None:
            message = error.get("message", "") if isinstance(error, dict) else str(error)
            raise InventoryError(f"cannot list instances: aurad answered {method} with: {' '.join(message.split())}")
        if not isinstance(reply.get("result"), dict):
            raise InventoryError(f"cannot use aurad's answer to {method}: it has no result object")
        return reply["result"]


def instances(connection, wanted):
    """Returns the instances that aurad knows: the wanted one, or all of them, page by page."""
    if wanted:
        return [connection.call("status.get", {"instance": wanted}).get("instance")]
    found, cursor = [], None
    for _ in range(PAGE_LIMIT_COUNT):
        page = connection.call("status.list", {} if cursor is None else {"after": cursor})
        found += page.get("instances") or []
        previous, cursor = cursor, page.get("next")
        if cursor is None:
            return found
        if cursor == previous:
            raise InventoryError("cannot list instances: aurad's next page is the same page again")
    raise InventoryError(f"cannot list instances: aurad has more than {PAGE_LIMIT_COUNT} pages")


def checked(instance):
    """Returns the instance's id and address. Raises `InventoryError` if they are not safe for Ansible."""
    if not isinstance(instance, dict):
        raise InventoryError("cannot use aurad's answer: an instance is not an object")
    instance_id = str(instance.get("id", ""))
    if not ID.fullmatch(instance_id):
        raise InventoryError(f"cannot use the instance id {instance_id!r}: it is not a UUID in lower case")
    name = str(instance.get("name", ""))
    if not NAME.fullmatch(name):
        raise InventoryError(f"cannot use the instance name {name!r}: letters, digits and hyphens only, 63 at most")
    server = instance.get("server")
    if not isinstance(server, dict) or not server.get("address"):
        return instance_id, None
    try:
        return instance_id, str(ipaddress.ip_address(server["address"]))
    except ValueError as error:
        raise InventoryError(f"cannot use the address of instance {name}: it is not an IP address") from error


def safe(value):
    """Returns the value as text if it is harmless in a template, else an empty text."""
    text = "" if value is None else str(value)
    return text if VALUE.fullmatch(text) else ""


def group(prefix, value):
    """Returns a group name that Ansible accepts, such as region_eu_central."""
    return prefix + "_" + re.sub(r"[^A-Za-z0-9_]", "_", str(value))


def ssh_variables(directory, instance_id):
    """Returns the variables that make ssh use the files of this run, without configuration of the account or the
    system."""
    for unusable in ("%", '"', "{", "}", " ", "\n"):
        if unusable in directory:
            raise InventoryError(f"cannot use AURA_SSH_DIRECTORY: the path has the character {unusable!r}")
    config = os.path.join(directory, "config")
    if os.path.exists(config):
        arguments = ["-F", config]  # aurad wrote it; its boot probe and health checks use the same options
    else:
        arguments = ["-F", "none"]
        for option in (f"UserKnownHostsFile={os.path.join(directory, 'known_hosts')}", f"HostKeyAlias={instance_id}",
                       *OPTIONS):
            arguments += ["-o", option]
    variables = {
        "ansible_ssh_private_key_file": os.path.join(directory, "id_ed25519"),
        "ansible_ssh_common_args": " ".join(shlex.quote(argument) for argument in arguments),
    }
    control = os.path.join(directory, "c" + hashlib.sha256(instance_id.encode()).hexdigest()[:8])
    if len(os.fsencode(control)) <= CONTROL_PATH_LIMIT_BYTES:
        variables["ansible_control_path"] = control
    else:
        # Too long for a socket: ssh would fail, so every task opens its own connection.
        variables["ansible_ssh_args"] = "-C -o ControlMaster=no -o ControlPath=none"
    return variables


def host_variables(instance, instance_id, address, environment):
    """Returns the variables of one host."""
    server = instance["server"]
    variables = {
        "ansible_host": address,
        "ansible_connection": "ssh",
        "ansible_user": safe(environment.get("AURA_SSH_USER")) or "root",
        "ansible_port": port(environment.get("AURA_SSH_PORT") or "22"),
        "aura_instance": instance["name"],
        "aura_instance_id": instance_id,
        "aura_server_id": safe(server.get("id")),
        "aura_server_name": safe(server.get("name")),
    }
    for field in ("tenant", "kind", "phase", "desired", "region", "size", "change"):
        variables[f"aura_{field}"] = safe(instance.get(field))
    generation = instance.get("generation")
    variables["aura_generation"] = generation if isinstance(generation, int) else 0
    tailnet = instance.get("tailnet")
    variables["aura_tailnet_name"] = safe(tailnet.get("name")) if isinstance(tailnet, dict) else ""
    if environment.get("AURA_SSH_DIRECTORY"):
        variables.update(ssh_variables(environment["AURA_SSH_DIRECTORY"], instance_id))
    return variables


def port(text):
    """Returns a port number from the environment."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise InventoryError(f"cannot use AURA_SSH_PORT {text!r}: it must be a number from 1 to 65535")
    return int(text)


def inventory(found, environment, warn):
    """Returns the inventory document: groups of instance ids, and the variables of every host under _meta."""
    groups, hostvars = {"aura": []}, {}
    for instance in found:
        try:
            instance_id, address = checked(instance)
            if address is None:
                continue
            variables = host_variables(instance, instance_id, address, environment)
        except InventoryError as error:
            if environment.get("AURA_INSTANCE"):
                raise
            warn(error)
            continue
        hostvars[instance_id] = variables
        groups["aura"].append(instance_id)
        for prefix in ("region", "phase", "size", "tenant"):
            if instance.get(prefix):
                groups.setdefault(group(prefix, instance[prefix]), []).append(instance_id)
    document = {label: {"hosts": sorted(members)} for label, members in sorted(groups.items())}
    document["all"] = {"children": sorted(document)}
    document["_meta"] = {"hostvars": hostvars}
    return document


def main(arguments, environment):
    """Prints the inventory, or one host's variables."""
    parser = argparse.ArgumentParser(description="Ansible inventory from a running aurad")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--list", action="store_true", help="print the whole inventory")
    choice.add_argument("--host", metavar="ID", help="print the variables of one host")
    options = parser.parse_args(arguments)
    path = environment.get("AURA_SOCKET")
    if not path:
        raise InventoryError("cannot find aurad: AURA_SOCKET is not set; set it to the daemon's Unix socket")
    found = instances(Connection(path), environment.get("AURA_INSTANCE"))
    document = inventory(found, environment, lambda error: print(f"aura inventory: skipped: {error}", file=sys.stderr))
    if options.host is not None:
        document = document["_meta"]["hostvars"].get(options.host, {})
    print(json.dumps(document, indent=2, sort_keys=True))


if __name__ == "__main__":
    try:
        main(sys.argv[1:], os.environ)
    except InventoryError as failure:
        print(f"aura inventory: {failure}", file=sys.stderr)
        sys.exit(1)
