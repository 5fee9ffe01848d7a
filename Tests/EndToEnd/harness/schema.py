"""Checks every message on the wire against the OpenRPC document, in both directions."""

import copy
import functools
import json

import jsonschema_rs

from .places import REPOSITORY

# Errors that any call can receive, in addition to those that its method declares.
ANYWHERE = {
    "parseError", "invalidRequest", "methodNotFound", "invalidParams", "messageTooLarge", "messageTooDeep", "batchTooLarge",
    "tooManyInFlight", "outboundQueueFull", "requestCancelled", "shuttingDown", "tooManyConnections",
    "tooManyConnectionsOfUser", "daemonBusy", "unauthenticated", "forbidden", "tokenRevoked", "tooManyCalls"}


def strict(schema):
    """Returns the schema with unknown members forbidden. A client accepts them; a daemon of this version sends none."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if made.get("properties"):
        made["additionalProperties"] = False
    return made


class Schema:
    def __init__(self, document):
        self.schemas = document["components"]["schemas"]
        self.methods = {method["name"]: method for method in document["methods"]}
        self.errors = document["components"]["errors"]
        self.notifications = {each["name"]: each for each in document["x-notifications"]}
        self.loose = {"components": {"schemas": self.schemas}}
        self.tight = {"components": {"schemas": {name: strict(schema) for name, schema in self.schemas.items()}}}

    @functools.lru_cache(maxsize=None)
    def validator(self, reference, is_strict=True):
        document = {"$ref": reference, **(self.tight if is_strict else self.loose)}
        return jsonschema_rs.Draft202012Validator(document, validate_formats=True)

    @functools.lru_cache(maxsize=None)
    def error(self, name):
        data = strict(copy.deepcopy(self.errors[name]["data"]))
        return jsonschema_rs.Draft202012Validator({**data, **self.tight}, validate_formats=True)

    def takes(self, method, params):
        """Returns whether the schema accepts these parameters, or None if the method does not exist."""
        if method not in self.methods:
            return None
        description = self.methods[method]
        if isinstance(params, list):
            names = [each["name"] for each in description["params"]]
            if len(params) > len(names):
                return False
            params = dict(zip(names, params))
        return self.validator(description["x-params"]["$ref"], False).is_valid({} if params is None else params)

    def check_reply(self, method, params, reply):
        """Checks a reply. A result must match the method's schema, and the parameters must too; an error must be one of
        the method's."""
        if "error" in reply:
            return self.check_error(method, reply["error"])
        assert self.takes(method, params), f"{method} took what the schema refuses: {params}"
        problems = list(self.validator(self.methods[method]["result"]["schema"]["$ref"]).iter_errors(reply["result"]))
        assert not problems, f"the result of {method} breaks the schema: {told(problems)}: {reply}"

    def check_error(self, method, error):
        code = error.get("data", {}).get("code")
        assert code in self.errors, f"an error that no schema knows: {error}"
        assert error["code"] == self.errors[code]["code"] and error["message"], error
        assert set(error) == {"code", "message", "data"}, error
        problems = list(self.error(code).iter_errors(error["data"]))
        assert not problems, f"the error {code} breaks the schema: {told(problems)}: {error}"
        if method in self.methods:
            declared = {each["$ref"].rsplit("/", 1)[1] for each in self.methods[method]["errors"]}
            assert code in declared | ANYWHERE, f"{method} answers {code} and does not say so: {error}"

    def check_notification(self, message):
        name = message["method"]
        assert name in self.notifications, f"a notification that no schema knows: {message}"
        assert self.notifications[name]["from"] == "server" and "id" not in message, message
        problems = list(self.validator(self.notifications[name]["params"]["$ref"]).iter_errors(message["params"]))
        assert not problems, f"{name} breaks the schema: {told(problems)}: {message}"


def told(problems):
    return "; ".join(f"{'.'.join(map(str, problem.instance_path))}: {problem.message}" for problem in problems[:5])


SCHEMA = Schema(json.loads((REPOSITORY / "docs/openrpc.json").read_text()))
