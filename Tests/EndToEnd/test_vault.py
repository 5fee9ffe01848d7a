"""The vault: secrets of tenants, encrypted under the keys of the key file."""

import base64
import json
import threading
import urllib.parse

from harness import RPCError, eventually

FIRST = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SECOND = "aura-key-1 k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
# Long, with characters that each encoding changes, and found nowhere else.
PLANTED = 'Planted/7d1f+0c52 "e9"=ä?vault~secret'


def exporter(connection, name="exporter"):
    """Creates a principal that may reveal secrets; returns the text of its token."""
    connection.call(
        "principal.create", name=name, scopes=["secrets:export", "secrets:read", "secrets:write"])
    return connection.call("token.create", principal=name, name="test")["text"]


def reveal(world, token, name):
    with world.connect() as connection:
        connection.call("session.authenticate", token=token)
        return connection.call("secret.reveal", name=name)


def restart(world, key_file):
    world.daemon.stop()
    world.daemon.with_settings(vault__keyFile=key_file)
    world.daemon.start()


def refused(world, key_file):
    """Starts a daemon that must refuse these keys; returns its words."""
    world.daemon.with_settings(vault__keyFile=key_file)
    code, text = world.daemon.run_to_failure()
    assert code == 78, text
    return text


def encodings(value):
    """Returns the forms in which a value could lie in a file, by name."""
    data = value.encode()
    found = {
        "plain": data, "hex": data.hex().encode(), "upper hex": data.hex().upper().encode(),
        "URL": urllib.parse.quote(value, safe="").encode(), "JSON": json.dumps(value)[1:-1].encode(),
        "reversed": data[::-1], "UTF-16": value.encode("utf-16-le"),
    }
    for offset in range(3):
        # The bytes before the value shift it within the groups of three; the ends depend on the neighbours.
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            text = encode(b"\0" * offset + data)
            found[f"{name} at {offset}"] = text[4:len(text) - 4]
    return found


def assert_nowhere(directory, values):
    seen = 0
    for path in directory.rglob("*"):
        if not path.is_file():
            continue
        seen += 1
        content = path.read_bytes()
        for value in values:
            for name, form in encodings(value).items():
                assert form not in content, f"the value is in {path} ({name})"
    assert seen > 3


def test_a_secret_is_revealed_after_a_restart(worlds, keys):
    key_file = keys(FIRST)
    world = worlds({"vault.keyFile": key_file})
    with world.connect() as root:
        token = exporter(root)
        made = root.call("secret.set", name="hetzner.token", value=PLANTED, **{"class": "exportable"})
        assert made["secret"]["version"] == 1 and PLANTED not in json.dumps(made, ensure_ascii=False)
        root.call("secret.set", name="webhook", value="sealed " + PLANTED)
        # Root is an administrator, and no role may reveal.
        assert root.refused("forbidden", "secret.reveal", name="hetzner.token").data["scope"] == "secrets:export"
    restart(world, key_file)
    assert reveal(world, token, "hetzner.token")["value"] == PLANTED
    with world.connect() as connection:
        connection.call("session.authenticate", token=token)
        connection.refused("secretSealed", "secret.reveal", name="webhook")
        connection.refused("secretNotFound", "secret.reveal", name="other")
        listed = connection.call("secret.list")["secrets"]
        assert [(each["name"], each["class"]) for each in listed] == [
            ("hetzner.token", "exportable"), ("webhook", "sealed")]
        connection.call("secret.delete", name="hetzner.token")
        connection.refused("secretNotFound", "secret.reveal", name="hetzner.token")


def test_a_caller_of_one_tenant_sees_its_secrets_only(worlds, keys):
    world = worlds({"vault.keyFile": keys(FIRST)})
    with world.connect() as root:
        root.call("tenant.create", tenant="acme")
        root.call("secret.set", tenant="acme", name="a", value="v")
        root.call("secret.set", name="b", value="v", **{"class": "exportable"})
        root.call(
            "principal.create", name="acme-admin", role="tenantAdmin", scopes=["secrets:export"], tenants=["acme"])
        token = root.call("token.create", principal="acme-admin", name="test")["text"]
    with world.connect() as connection:
        connection.call("session.authenticate", token=token)
        assert [each["name"] for each in connection.call("secret.list")["secrets"]] == ["a"]
        foreign = connection.refused("secretNotFound", "secret.reveal", tenant="default", name="b")
        unknown = connection.refused("secretNotFound", "secret.reveal", tenant="nobody", name="b")
        assert str(foreign).replace("default", "T") == str(unknown).replace("nobody", "T")
        connection.refused("tenantNotFound", "secret.set", tenant="default", name="c", value="v")
        assert connection.call("secret.set", name="c", value="v")["secret"]["tenant"] == "acme"


def test_keys_are_rotated_while_calls_run(worlds, keys):
    """The values can be set and revealed during the rotation, and afterwards the old line of the key file can go."""
    world = worlds({"vault.keyFile": keys(FIRST)})
    with world.connect() as root:
        token = exporter(root)
        for number in range(80):
            for version in range(15):
                root.call("secret.set", name=f"n{number}", value=f"{number} {version}", **{"class": "exportable"})
    restart(world, keys(SECOND, FIRST))
    failures, over = [], threading.Event()

    def use(first):
        try:
            with world.connect() as connection:
                connection.call("session.authenticate", token=token)
                while not over.is_set():
                    for number in range(first, 80, 4):
                        value = connection.call("secret.reveal", name=f"n{number}")["value"]
                        assert value.startswith(f"{number} "), value
                        connection.call("secret.set", name=f"n{number}", value=f"{number} new")
        except (AssertionError, RPCError, OSError) as error:
            failures.append(error)

    users = [threading.Thread(target=use, args=(first,)) for first in range(4)]
    for user in users:
        user.start()
    eventually(
        lambda: "all secrets are wrapped under the key k2" in world.daemon.log_text(), seconds=60, what="the rotation")
    over.set()
    for user in users:
        user.join()
    assert failures == []
    world.daemon.stop()
    # Only tokens need the old line any more: the one here was signed with it.
    world.daemon.with_settings(vault__keyFile=keys(SECOND))
    world.daemon.start()
    with world.connect() as root:
        token = exporter(root, "later")
    for number in range(80):
        assert reveal(world, token, f"n{number}")["value"].startswith(f"{number} ")


def test_a_wrong_or_missing_key_stops_the_start(worlds, keys):
    right = keys(FIRST)
    world = worlds({"vault.keyFile": right})
    with world.connect() as root:
        token = exporter(root)
        root.call("secret.set", name="a", value=PLANTED, **{"class": "exportable"})
    world.daemon.stop()
    text = refused(world, keys(SECOND.replace(" k2 ", " k1 ")))
    assert "another key k1" in text and "restore the line k1" in text
    text = refused(world, keys(SECOND))
    assert "lacks the key k1" in text and "from its backup" in text
    del world.daemon.settings["vault.keyFile"]
    world.daemon.with_settings()
    code, text = world.daemon.run_to_failure()
    assert code == 78 and "need the key k1" in text and "vault.keyFile" in text
    # Nothing was changed by the attempts.
    world.daemon.with_settings(vault__keyFile=right)
    world.daemon.start()
    assert reveal(world, token, "a")["value"] == PLANTED


def test_without_a_key_file_secrets_are_refused_with_the_remedy(worlds):
    world = worlds()
    with world.connect() as root:
        for method, params in (("secret.set", {"name": "a", "value": "v"}), ("secret.list", {}),
                               ("secret.delete", {"name": "a"})):
            assert "aura vault init" in root.refused("noVaultKey", method, **params).message


def test_a_value_is_in_no_file_of_the_daemon(worlds, keys):
    """A stolen directory, with the database and the log at its most detailed level, has no value in any encoding."""
    world = worlds({"vault.keyFile": keys(FIRST), "log.level": "trace"})
    wrong = "Misplaced " + PLANTED
    with world.connect() as root:
        token = exporter(root)
        root.call("secret.set", name="exportable", value=PLANTED, **{"class": "exportable"})
        root.call("secret.set", name="sealed", value=PLANTED)
        for params in ({"name": "a/b", "value": wrong}, {"name": "a", "value": [wrong]}, {"name": "a", "valeu": wrong},
                       {"name": "a", "value": wrong, "class": "open"}):
            error = root.refused("invalidParams", "secret.set", **params)
            assert wrong not in str(error) and wrong not in json.dumps(error.data, ensure_ascii=False)
    assert reveal(world, token, "exportable")["value"] == PLANTED
    said = world.daemon.aura("secret", "list")
    assert said.returncode == 0 and "exportable" in said.stdout
    assert_nowhere(world.directory, [PLANTED, wrong])
    restart(world, keys(SECOND, FIRST))
    eventually(
        lambda: "all secrets are wrapped under the key k2" in world.daemon.log_text(), seconds=30, what="the rotation")
    world.daemon.stop()
    assert_nowhere(world.directory, [PLANTED, wrong])


def test_the_encodings_are_found():
    """The search of the test above finds what it looks for."""
    for before in (b"", b"x", b"xx"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(before + PLANTED.encode() + b"tail")
            assert any(form in text for form in encodings(PLANTED).values())


def test_the_command_line_sets_and_reveals(worlds, keys, tmp_path):
    world = worlds({"vault.keyFile": keys(FIRST)})
    value, place, token_file = tmp_path / "value", tmp_path / "revealed", tmp_path / "token"
    value.write_text(PLANTED)
    set_ = world.daemon.aura("secret", "set", "hetzner.token", "--class", "exportable", "--in", str(value))
    assert set_.returncode == 0, set_.stderr
    with world.connect() as root:
        token_file.write_text(exporter(root) + "\n")
    token_file.chmod(0o600)
    refused = world.daemon.aura("secret", "reveal", "hetzner.token", "--out", str(place))
    assert refused.returncode == 2 and not place.exists()
    shown = world.daemon.aura(
        "--token-file", str(token_file), "secret", "reveal", "hetzner.token", "--out", str(place))
    assert shown.returncode == 0, shown.stderr
    assert place.read_text() == PLANTED and PLANTED not in shown.stdout
    assert world.daemon.aura("secret", "delete", "hetzner.token").returncode == 0


def test_two_daemons_share_secrets_and_rotate_them(cluster, keys):
    """Both daemons on one PostgreSQL rotate at the same time; each reveals what the other one set."""
    former, both = keys(FIRST), keys(SECOND, FIRST)
    crew = cluster(2, settings={"vault.keyFile": former})
    first, second = crew.daemons
    with first.connect() as root:
        token = exporter(root)
        for number in range(60):
            for version in range(10):
                root.call("secret.set", name=f"n{number}", value=f"{number} {version}", **{"class": "exportable"})
    for daemon in (first, second):
        daemon.stop()
        daemon.with_settings(vault__keyFile=both)
        daemon.start()
    for daemon in (first, second):
        eventually(
            lambda daemon=daemon: daemon.call("system.ping") is not None, what="the daemon")
    eventually(
        lambda: any("all secrets are wrapped under the key k2" in each.log_text() for each in (first, second)),
        seconds=60, what="the rotation")
    for daemon in (first, second):
        with daemon.connect() as connection:
            eventually(lambda: authenticated(connection, token), what="the token")
            for number in range(60):
                assert connection.call("secret.reveal", name=f"n{number}")["value"] == f"{number} 9"


def authenticated(connection, token):
    try:
        return connection.call("session.authenticate", token=token)
    except RPCError as error:
        assert error.code == "unauthenticated"
        return None
