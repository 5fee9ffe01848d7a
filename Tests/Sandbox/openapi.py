"""Checks replies against the OpenAPI slice, updated with later changes of the API."""

import copy
import json
import re

import jsonschema

# Paths that the API has removed, so that the description lacks them. The sandbox's replies there are not checked.
UNDESCRIBED = (re.compile(r"^/v1/datacenters"),)


class Description:
    def __init__(self, path):
        document = apply_deltas(json.loads(path.read_text()))
        self.components = as_json_schema(document["components"])
        self.operations = []
        for template, item in document["paths"].items():
            literal = re.sub(r"\{[^}]+\}", "[^/]+", template)
            for method, operation in item.items():
                if isinstance(operation, dict) and "responses" in operation:
                    self.operations.append(
                        (template.count("{"), re.compile(f"^/v1{literal}$"), method.upper(), operation["responses"]))
        self.operations.sort(key=lambda operation: operation[0])
        self.checked = 0

    def schema(self, method, path, status):
        for _, pattern, verb, responses in self.operations:
            if verb == method and pattern.match(path):
                response = responses.get(str(status)) or responses.get(f"{str(status)[0]}xx")
                assert response is not None, f"{method} {path} may not answer {status}"
                content = response.get("content")
                return as_json_schema(content["application/json"]["schema"]) if content else None
        return "undescribed"

    def check(self, response, *_, **__):
        """A response hook for requests: fails on a reply that the description does not allow."""
        path = response.request.path_url.split("?")[0]
        if not path.startswith("/v1/") or any(pattern.match(path) for pattern in UNDESCRIBED):
            return
        if response.headers.get("Content-Type") == "text/html" or "X-Test-No-Schema" in response.request.headers:
            return
        schema = self.schema(response.request.method, path, response.status_code)
        if schema == "undescribed":
            assert response.status_code in (401, 404, 405, 501), f"{path} is not described"
            return
        self.checked += 1
        if schema is None:
            assert response.content == b"", f"{path} answers {response.status_code} with a body"
            return
        jsonschema.Draft202012Validator({**schema, "components": self.components}).validate(response.json())


def apply_deltas(document):
    """Returns the document with the later changes that the notes of the slice list."""
    document = copy.deepcopy(document)
    schemas = document["components"]["schemas"]
    place = schemas["server_type_location"]
    for field in ("available", "recommended"):
        place["properties"][field] = {"type": "boolean"}
        place["required"].append(field)
    server = schemas["server"]
    server["properties"].pop("datacenter")
    server["required"].remove("datacenter")
    # The member was removed: a reply that still has it is wrong.
    server["not"] = {"required": ["datacenter"]}
    return document


def as_json_schema(node):
    """Returns OpenAPI 3.0's `nullable` in terms of JSON Schema."""
    if isinstance(node, list):
        return [as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    converted = {key: as_json_schema(value) for key, value in node.items() if key not in ("nullable", "example")}
    if node.get("nullable") is True:
        return {"anyOf": [converted, {"type": "null"}]}
    return converted
