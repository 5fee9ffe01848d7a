"""A client that openrpcclientgenerator makes of our OpenRPC document, on the gateway's `POST /rpc`.

Generator and library are unmodified from PyPI. The Python that version 0.51.7 makes cannot express some parts of
OpenRPC:

- names that are keywords of Python (`from`)
- names with capital letters (it renames `idempotencyKey` to `idempotency_key`, also on the wire)
- optional members (it requires all of them)
- references to errors
- names of types that are neither an object nor a list of words
- parameters that are lists, beside a method that is named `list` (its Python shadows the type)

The test gives the generator our document without these.
"""

import asyncio
import importlib
import json
import keyword
import re
import socket
import sys

import pytest
from jsonrpcobjects.errors import JSONRPCError
from openrpc import OpenRPC
from openrpcclientgenerator import Language, generate

from harness import REPOSITORY, fresh_name


class Narrowed:
    """The part of an OpenRPC document that the generator can express."""

    def __init__(self, document):
        self.schemas = document["components"]["schemas"]
        self.errors = document["components"]["errors"]
        self.listing = {name[:-len(".list")] for name in self.names(document) if name.endswith(".list")}
        self.document = {
            **document, "methods": [self.method(each) for each in document["methods"]],
            "components": {"schemas": {name: self.plain(each) for name, each in self.schemas.items() if self.is_class(each)}}}

    @staticmethod
    def names(document):
        return [each["name"] for each in document["methods"]]

    @staticmethod
    def is_sayable(name):
        return re.fullmatch("[a-z]+", name) and not keyword.iskeyword(name)

    def members(self, schema):
        return {
            name: self.plain(member) for name, member in schema.get("properties", {}).items()
            if self.is_sayable(name) and name in schema.get("required", [])}

    def is_class(self, schema):
        return "enum" in schema or self.members(schema) != {}

    def plain(self, schema):
        if isinstance(schema, list):
            return [self.plain(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            target = self.target(self.schemas, schema)
            return schema if self.is_class(target) else self.plain(target)
        made = {key: self.plain(value) for key, value in schema.items() if key != "properties"}
        return {**made, "properties": self.members(schema)} if "properties" in schema else made

    @staticmethod
    def target(among, reference):
        return among[reference["$ref"].rsplit("/", 1)[1]]

    def method(self, method):
        has_list = method["name"].rpartition(".")[0] in self.listing
        return {
            **method, "errors": [self.target(self.errors, each) for each in method["errors"]],
            "params": [
                {**each, "schema": self.plain(each["schema"])} for each in method["params"]
                if self.is_sayable(each["name"]) and not (has_list and each["schema"].get("type") == "array")],
            "result": {**method["result"], "schema": self.plain(method["result"]["schema"])}}


@pytest.fixture(scope="module")
def address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture(scope="module")
def generated(tmp_path_factory, address):
    """Returns the module of the generated client."""
    folder = tmp_path_factory.mktemp("generated")
    document = Narrowed(json.loads((REPOSITORY / "docs/openrpc.json").read_text())).document
    name = generate(OpenRPC.model_validate(document), Language.PYTHON, f"http://{address}/rpc", folder)
    sys.path.insert(0, str(folder / "python" / name))
    try:
        yield importlib.import_module(f"{name.replace('-', '_')}.client")
    finally:
        sys.path.pop(0)


@pytest.fixture
def world(worlds, address):
    return worlds({"http": address})


def test_the_generated_client_has_every_method(generated):
    document = json.loads((REPOSITORY / "docs/openrpc.json").read_text())
    client = generated.AuraClient({})
    for method in document["methods"]:
        *groups, last = method["name"].split(".")
        place = getattr(client, groups[0]) if groups else client
        assert asyncio.iscoroutinefunction(getattr(place, last)), method["name"]


def test_the_generated_client_provisions_and_destroys_an_instance(world, generated):
    async def story():
        client = generated.AuraClient(world.daemon.http.headers, timeout=20)
        assert (await client.system.ping()).pong is True
        limits = (await client.system.limits()).limits
        assert limits.depth == 64 and limits.connections == 1024
        name = fresh_name()
        made = await client.provision(name, "eu-central", "small")
        assert (made.instance.name, made.job.kind.value, made.job.state.value) == (name, "provision", "queued")
        assert [each.name for each in (await client.status.list()).instances] == [name]
        world.finish(str(made.job.id))
        assert (await client.job.get(str(made.job.id))).job.state.value == "succeeded"
        assert (await client.status.get(name)).instance.phase.value == "running"
        with pytest.raises(JSONRPCError) as refused:
            await client.provision(name, "eu-central", "small")
        assert refused.value.rpc_error.code == -32022 and refused.value.rpc_error.data["code"] == "nameTaken"
        world.finish(str((await client.destroy(name)).job.id))
        assert (await client.status.list()).instances == []
    asyncio.run(asyncio.wait_for(story(), 60))
    world.nothing_left()
