"""Tokens in places where others may read them: the URL of a request, and parameters."""

import time

import pytest
import requests
from harness import RPCError
from harness.websocket import handshake

KEY = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture(scope="module")
def world(module_worlds, tmp_path_factory):
    path = tmp_path_factory.mktemp("vault") / "master.key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return module_worlds({"http": "127.0.0.1:0", "vault.keyFile": path})


def make(world, name):
    with world.connect() as root:
        root.call("principal.create", name=name, role="viewer")
        made = root.call("token.create", principal=name, name="test")
    return made["token"]["id"], made["text"]


def revocation(world, token):
    """Waits until the token is revoked, and returns the entry of the audit."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        entries = world.call("audit.list", limit=1000)["entries"]
        found = [entry for entry in entries
                 if entry["method"] == "token.revoke" and token in entry.get("object", "")]
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("the token is not revoked")


def whoami(world, text, query=""):
    host, port = world.daemon.http
    return requests.post(
        f"http://{host}:{port}/rpc{query}", timeout=30, headers={"Authorization": f"Bearer {text}"},
        json={"jsonrpc": "2.0", "id": 1, "method": "access.whoami"})


def assert_text_is_nowhere(world, text):
    tag = text[-43:]
    assert tag not in str(world.call("audit.list", limit=1000))
    assert tag.encode() not in world.daemon.database.read_bytes()
    assert tag not in world.daemon.log_text()


@pytest.mark.parametrize("path", ["/rpc?access_token={}", "/session?x=1&token={}", "/ws?token={}"])
def test_a_token_in_a_url_is_refused_and_revoked(world, path):
    token, text = make(world, "url-" + path[1:4].strip("?"))
    address = world.daemon.http
    if path.startswith("/ws"):
        opened, status, _ = handshake(address, path=path.format(text), shows_token=False)
        opened.close()
        assert status == 400
    else:
        answer = requests.post(f"http://{address[0]}:{address[1]}{path.format(text)}", timeout=30, json={})
        assert answer.status_code == 400 and "Authorization: Bearer TOKEN" in answer.text
        assert text not in answer.text
    entry = revocation(world, token)
    assert entry["principal"] == "aurad" and entry["parameters"] == {"place": "URL"}
    assert whoami(world, text).status_code == 401
    assert_text_is_nowhere(world, text)


def test_a_token_in_a_parameter_is_refused_and_revoked(world):
    token, text = make(world, "parameter")
    with world.connect() as root:
        with pytest.raises(RPCError, match="its parameters have a token in them"):
            root.call("secret.set", name="a", value=text)
        assert root.call("secret.list")["secrets"] == []
    assert revocation(world, token)["parameters"] == {"place": "parameters of secret.set"}
    assert whoami(world, text).status_code == 401
    assert_text_is_nowhere(world, text)


def test_texts_about_tokens_are_accepted(world):
    _, text = make(world, "text")
    with world.connect() as root:
        root.call("secret.set", name="b", value=text[:-1])
        assert root.call("token.explain", text=text)["valid"]
    assert whoami(world, text, query="?about=aura1_").status_code == 200
