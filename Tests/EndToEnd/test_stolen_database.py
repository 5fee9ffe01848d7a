"""A stolen database forges no token and opens no secret. With the right key file, it is a backup."""

import base64
import hashlib
import os
import sqlite3
import struct

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from harness import RPCError
from harness.planted import derived

MASTER = bytes(range(50, 82))
VALUE = "the value that was stolen"


def key_line(name, key):
    return f"aura-key-1 {name} {base64.b64encode(key).decode()}"


def key_file(directory, *lines):
    path = directory / f"{len(list(directory.iterdir()))}.key"
    path.write_text("".join(line + "\n" for line in lines))
    path.chmod(0o600)
    return path


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Theft:
    """A daemon with a token and a secret, and a copy of its database that somebody has stolen."""

    def __init__(self, worlds, directory):
        self.directory = directory
        self.right = key_file(directory, key_line("k1", MASTER))
        self.world = worlds({"vault.keyFile": self.right})
        with self.world.connect() as root:
            root.call("principal.create", name="owner", role="admin", scopes=["secrets:export"])
            self.token = root.call("token.create", principal="owner", name="t")["text"]
            root.call("secret.set", name="stolen", value=VALUE, **{"class": "exportable"})
            root.call("secret.set", name="stolen", value=VALUE, **{"class": "exportable"})
            self.installation = root.call("system.info")["installation"]
        with self.world.connect() as connection:
            connection.call("session.authenticate", token=self.token)
        self.copy = directory / "copy.db"
        source = sqlite3.connect(f"file:{self.world.daemon.database}?mode=ro", uri=True)
        copy = sqlite3.connect(self.copy)
        source.backup(copy)
        source.close()
        copy.close()

    def row(self, query, *values):
        connection = sqlite3.connect(self.copy)
        found = connection.execute(query, values).fetchone()
        connection.close()
        return found

    def windows(self):
        """Returns every 32 bytes in a row that the file has, those of texts in base64 and hexadecimal included."""
        content = self.copy.read_bytes()
        found = {content[start:start + 32] for start in range(len(content) - 31)}
        connection = sqlite3.connect(self.copy)
        for table, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                # A value may be torn over two pages of the file.
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode()
                    found |= {data[start:start + 32] for start in range(max(len(data) - 31, 0))}
        connection.close()
        for text in [each for each in found if each.isascii()]:
            for decode in (bytes.fromhex, lambda each: base64.b64decode(each + "==", validate=True)):
                try:
                    found.add(decode(text.decode()).ljust(32, b"\0")[:32])
                except ValueError:
                    pass
        return found

    def other(self, **settings):
        """Returns another daemon of the thief over the copy."""
        place = self.directory / f"thief-{len(list(self.directory.iterdir()))}"
        place.mkdir()
        return type(self.world.daemon)(
            place, self.world.sandbox.config_path,
            {"database": f"sqlite:{self.copy}", "socket": place / "aurad.sock", "stateDirectory": place / "state",
             **settings})

    def accepts(self, token):
        """Returns whether the real daemon accepts a token."""
        with self.world.connect() as connection:
            try:
                connection.call("session.authenticate", token=token)
            except RPCError as error:
                assert error.code in ("unauthenticated", "invalidParams")
                return False
            return True


@pytest.fixture
def theft(worlds, tmp_path):
    return Theft(worlds, tmp_path)


@pytest.mark.parametrize("lines, words", [
    ([key_line("k1", os.urandom(32))], "another key k1"), ([key_line("k2", os.urandom(32))], "lacks the key k1"),
    (None, "need the key k1")])
def test_a_daemon_without_the_key_does_not_start_on_a_copy(theft, lines, words):
    settings = {} if lines is None else {"vault.keyFile": key_file(theft.directory, *lines)}
    code, text = theft.other(**settings).run_to_failure()
    assert code == 78 and words in text, text


def test_the_right_key_restores_a_copy(theft):
    restored = theft.other(**{"vault.keyFile": theft.right})
    restored.start()
    try:
        with restored.connect() as connection:
            connection.call("session.authenticate", token=theft.token)
            assert connection.call("secret.reveal", name="stolen")["value"] == VALUE
            assert connection.call("access.whoami")["proof"] == "token"
    finally:
        restored.stop()


def test_no_bytes_of_the_database_make_a_token(theft):
    """The row has the id of the token and 8 bytes of a hash. No 32 bytes in the file are the tag that this hash proves,
    and none of the columns works as a tag."""
    identifier, check = theft.row("SELECT id, check_value FROM token")

    def is_tag(data):
        return hashlib.sha256(b"aura/token/check" + data).digest()[:8] == check

    # The formula is right: the true tag, which is not in the database, passes.
    assert is_tag(base64.urlsafe_b64decode(theft.token[-43:] + "="))
    windows = theft.windows()
    assert len(windows) > 10_000
    assert not any(map(is_tag, windows))
    # Each key that could be in the file, as the key that signs.
    assert derived(derived(MASTER, theft.installation.encode(), b"aura/vault/tokens/1"), identifier,
                   b"aura/token/1/k1") == base64.urlsafe_b64decode(theft.token[-43:] + "=")
    assert not any(is_tag(derived(key, identifier, b"aura/token/1/k1")) for key in windows)
    guesses = [
        check.ljust(32, b"\0"), check * 4, hashlib.sha256(check).digest(), hashlib.sha256(identifier + check).digest(),
        derived(check, identifier, b"aura/token/1/k1"), derived(identifier, identifier, b"aura/token/1/k1")]
    for guess in guesses:
        assert not theft.accepts(f"aura1_k1_{base64url(identifier)}_{base64url(guess)}")
    assert theft.accepts(theft.token)


def test_a_token_of_a_rebuilt_copy_is_refused_by_the_real_daemon(theft):
    """A thief removes what proves the key, and makes the copy serve under a key of their own."""
    connection = sqlite3.connect(theft.copy)
    with connection:
        connection.execute("DELETE FROM secret_version")
        connection.execute("DELETE FROM vault_canary")
        connection.execute("DELETE FROM secret")
    connection.close()
    own = theft.other(**{"vault.keyFile": key_file(theft.directory, key_line("k1", os.urandom(32)))})
    own.start()
    try:
        with own.connect() as root:
            forged = root.call("token.create", principal="owner", name="forged")["text"]
        with own.connect() as thief:
            thief.call("session.authenticate", token=forged)
            # Nor does the thief's daemon accept the true token.
            thief.refused("unauthenticated", "session.authenticate", token=theft.token)
    finally:
        own.stop()
    assert not theft.accepts(forged)
    identifier = base64url(theft.row("SELECT id FROM token WHERE name = 't'")[0])
    assert not theft.accepts(f"aura1_k1_{identifier}_{forged[-43:]}")


def test_no_bytes_of_the_database_open_a_secret(theft):
    """Neither the key of a value nor the key that wraps it is in the file, and a row opens only at its place."""
    def associated(version, *more):
        parts = ["aura/secret/1", theft.installation, "default", "stolen", str(version), "exportable", *more]
        return b"".join(struct.pack(">I", len(part)) + part.encode() for part in parts)

    versions = {
        version: theft.row(
            "SELECT wrap_nonce, wrapped, nonce, ciphertext FROM secret_version WHERE version = ?", version)
        for version in (1, 2)}
    wrap_nonce, wrapped, nonce, ciphertext = versions[1]
    wrapping = derived(MASTER, theft.installation.encode(), b"aura/vault/kek/1")

    def opens(key, nonce, data, associated):
        try:
            return AESGCM(key).decrypt(nonce, data, associated)
        except InvalidTag:
            return None

    # The formats are right: the key file opens the value.
    data_key = opens(wrapping, wrap_nonce, wrapped, associated(1, "k1"))
    assert opens(data_key, nonce, ciphertext, associated(1)) == VALUE.encode()
    # The same value twice has two ciphertexts, and a version is bound to its number.
    assert versions[1][3] != versions[2][3]
    assert opens(wrapping, versions[2][0], versions[2][1], associated(1, "k1")) is None
    assert opens(data_key, nonce, ciphertext, associated(2)) is None
    for key in theft.windows():
        assert opens(key, nonce, ciphertext, associated(1)) is None
        assert opens(key, wrap_nonce, wrapped, associated(1, "k1")) is None
