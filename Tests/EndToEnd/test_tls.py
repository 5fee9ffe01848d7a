"""TLS at the daemon's listeners, with Python's ssl module and `aura` as clients."""

import datetime
import http.client
import ipaddress
import json
import os
import signal
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness import eventually, finish, binary
from harness.websocket import TEXT, frame

NOW = datetime.datetime.now(datetime.timezone.utc)


class Authority:
    """An authority that Python's cryptography package makes."""

    def __init__(self, directory, name="authority"):
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.sign(self.name, self.key, [(x509.BasicConstraints(ca=True, path_length=0), True)])
        self.file = str(self.write(name, self.certificate, self.key)[0])

    def sign(self, subject, key, extensions, days=30):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(NOW - datetime.timedelta(hours=1))
        builder = builder.not_valid_after(NOW - datetime.timedelta(hours=1) + datetime.timedelta(days=days))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, file, names, use, days=30):
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        certificate = self.sign(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file)]), key,
            [(usage, True), (x509.ExtendedKeyUsage([use]), False), (x509.SubjectAlternativeName(names), False)], days)
        return self.write(file, certificate, key)

    def server(self, file="server"):
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        return self.issue(file, names, ExtendedKeyUsageOID.SERVER_AUTH)

    def client(self, file="client", uri="aura://test/principal/ada", days=30):
        return self.issue(file, [x509.UniformResourceIdentifier(uri)], ExtendedKeyUsageOID.CLIENT_AUTH, days)

    def write(self, file, certificate, key):
        paths = self.directory / f"{file}.pem", self.directory / f"{file}.key"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for path, content in zip(paths, [certificate.public_bytes(serialization.Encoding.PEM), private]):
            new = path.with_suffix(".new")
            new.touch(mode=0o600)
            new.write_bytes(content)
            new.rename(path)
        return paths

    def context(self, *protocols, pair=None):
        context = ssl.create_default_context(cafile=self.file)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        if pair:
            context.load_cert_chain(*map(str, pair))
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def world(module_worlds, authority):
    certificate, key = authority.server()
    vault = authority.directory / "vault.key"
    vault.touch(mode=0o600)
    vault.write_text("aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    return module_worlds({
        "listen": "tls://127.0.0.1:0", "http": "https://127.0.0.1:0", "tls.certificateFile": certificate,
        "tls.keyFile": key, "tls.clientAuthorityFile": authority.file, "vault.keyFile": vault})


@pytest.fixture(scope="module")
def token(world):
    world.call("principal.create", name="reader", role="viewer")
    return world.call("token.create", principal="reader", name="tests")["text"]


def place(world, scheme):
    """Returns the host and port of a listener, as the ready line names it."""
    word = next(word for word in world.daemon.ready_line.split() if word.startswith(f"{scheme}://"))
    host, port = word.removeprefix(f"{scheme}://").rsplit(":", 1)
    return host, int(port)


def opened(world, context, scheme="tls"):
    return context.wrap_socket(socket.create_connection(place(world, scheme), 30), server_hostname="localhost")


def call(connection, method, **params):
    connection.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
    with connection.makefile() as lines:
        return json.loads(lines.readline())


def is_refused(world, context, scheme="tls"):
    """True if the daemon ends the connection without an answer."""
    try:
        with opened(world, context, scheme) as connection:
            connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}\n')
            return connection.recv(1) == b""
    except (ssl.SSLError, ConnectionError):
        return True


def test_lines_are_served_with_tls_1_3(world, authority, token):
    with opened(world, authority.context("aura/1")) as connection:
        assert connection.version() == "TLSv1.3"
        assert connection.selected_alpn_protocol() == "aura/1"
        assert call(connection, "system.ping")["result"] == {"pong": True}
        assert call(connection, "status.list")["error"]["data"]["code"] == "unauthenticated"
        assert call(connection, "session.authenticate", token=token)["result"]["proof"] == "token"
        assert call(connection, "status.list")["result"] == {"instances": []}


def test_a_certificate_of_the_authority_is_accepted(world, authority):
    with opened(world, authority.context("aura/1", pair=authority.client())) as connection:
        assert call(connection, "system.ping")["result"] == {"pong": True}


def test_other_certificates_and_protocols_are_refused(world, authority, tmp_path):
    assert is_refused(world, authority.context("aura/1", pair=authority.client("long", days=91)))
    assert is_refused(world, authority.context("aura/1", pair=authority.client("worker", "aura://test/worker/ada")))
    assert is_refused(world, authority.context("aura/1", pair=authority.server("server-as-client")))
    foreign = Authority(tmp_path).client()
    assert is_refused(world, authority.context("aura/1", pair=foreign))
    assert is_refused(world, authority.context())
    assert is_refused(world, authority.context("http/1.1"))
    assert is_refused(world, authority.context("aura/1"), "https")
    assert is_refused(world, authority.context("h2"), "https")
    old = authority.context("aura/1")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert is_refused(world, old)


@pytest.mark.parametrize("scheme", ["tls", "https"])
def test_a_client_without_tls_gets_no_words(world, scheme):
    with socket.create_connection(place(world, scheme), 30) as plain:
        plain.sendall(b'POST /rpc HTTP/1.1\r\nHost: x\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"system.ping"}\n')
        said = b""
        try:
            while piece := plain.recv(1024):
                said += piece
        except ConnectionError:
            pass
    # At most an alert of TLS.
    assert len(said) <= 7 and b"{" not in said and b"HTTP" not in said


def post(world, context, body, token=None):
    connection = http.client.HTTPSConnection("localhost", place(world, "https")[1], context=context, timeout=30)
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request("POST", "/rpc", json.dumps(body), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_https_is_served(world, authority, token):
    ping = {"jsonrpc": "2.0", "id": 1, "method": "system.ping"}
    for context in (authority.context("http/1.1"), authority.context("http/1.1", pair=authority.client())):
        assert post(world, context, ping, token) == (200, {"jsonrpc": "2.0", "id": 1, "result": {"pong": True}})
        status, refused = post(world, context, ping)
        assert (status, refused["error"]["data"]["code"]) == (401, "unauthenticated")


def test_a_websocket_is_served_with_tls(world, authority):
    with opened(world, authority.context("http/1.1"), "https") as connection:
        connection.sendall(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(1024)
        assert answer.startswith(b"HTTP/1.1 101 ") and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
        connection.sendall(frame(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}'))
        said = b""
        while not said.endswith(b"}"):
            said += connection.recv(1024)
        assert said[0] == 0x80 | TEXT and json.loads(said[2:])["result"] == {"pong": True}


def serial(world, context):
    with opened(world, context) as connection:
        assert call(connection, "system.ping")["result"] == {"pong": True}
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True)).serial_number


def reloads(world):
    with world.connect() as connection:
        entries = connection.call("audit.list", limit=1000)["entries"]
    return [entry["outcome"] for entry in entries if entry["method"] == "certificate.reload"]


def test_a_new_certificate_is_used_for_new_connections(world, authority):
    """At once after SIGHUP, and within ten seconds without it. Old connections stay."""
    context = authority.context("aura/1")
    before = serial(world, context)
    with opened(world, context) as old:
        authority.server()
        os.kill(world.daemon.pid, signal.SIGHUP)
        second = eventually(lambda: (new := serial(world, context)) != before and new, 5, what="the new certificate")
        authority.server()
        eventually(lambda: serial(world, context) not in (before, second), 20, what="the newer certificate")
        assert call(old, "system.ping")["result"] == {"pong": True}
    # A key without its certificate keeps the present pair.
    present = serial(world, context)
    good = (authority.directory / "server.key").read_bytes()
    (authority.directory / "server.key").write_bytes((authority.directory / "authority.key").read_bytes())
    os.kill(world.daemon.pid, signal.SIGHUP)
    eventually(lambda: "code=certificateUnusable" in world.daemon.log_tail(), what="the error in the log")
    assert serial(world, context) == present
    # The change and the fault are in the audit, and the fault is an alert.
    outcomes = eventually(
        lambda: (found := reloads(world))[-1:] == ["certificateUnusable"] and found, what="the entries of the audit")
    assert outcomes[:2] == ["accepted", "accepted"]
    alert = world.follow().wait(lambda event: event["type"] == "alert.raised", what="the alert")
    assert (alert["data"]["code"], alert["data"]["reason"]) == ("certificateUnusable", "mismatch")
    (authority.directory / "server.key").write_bytes(good)


def test_unusable_settings_end_the_start(worlds, authority):
    world = worlds(start_daemon=False)
    certificate, key = map(str, authority.server("settings"))
    other = str(authority.server("other")[1])
    files = {"tls.certificateFile": certificate, "tls.keyFile": key}
    open_key = authority.directory / "open.key"
    open_key.write_bytes((authority.directory / "settings.key").read_bytes())
    open_key.chmod(0o644)
    cases = [
        ({"listen": "tls://127.0.0.1:0"}, "set tls.certificateFile and tls.keyFile"),
        ({**files, "http": "http://127.0.0.1:0"}, "cannot use http"),
        ({**files, "listen": "tls://127.0.0.1:0", "tls.keyFile": other}, "the key belongs to another certificate"),
        ({**files, "listen": "tls://127.0.0.1:0", "tls.keyFile": str(open_key)}, f"run chmod 600 {open_key}"),
        ({**files, "listen": "tls://127.0.0.1:0", "tls.clientCertificates": "required"}, "set tls.clientAuthorityFile"),
    ]
    kept = dict(world.daemon.settings)
    for settings, words in cases:
        world.daemon.settings = {**kept, **settings}
        world.daemon.environment = world.daemon.variables()
        code, error = world.daemon.run_to_failure()
        assert code == 78 and words in error, (settings, code, error)


def aura(world, *arguments, **variables):
    place_of_tls = "tls://{}:{}".format(*place(world, "tls"))
    return finish([binary("aura"), "--socket", place_of_tls, *arguments], {"HOME": "/", **variables}, 30)


def test_aura_connects_with_tls(world, authority, token):
    certificate, key = map(str, authority.client())
    done = aura(world, "ping", "--ca", authority.file, "--cert", certificate, "--key", key)
    assert done.returncode == 0 and "answers" in done.stdout, done.stderr
    assert aura(world, "list", AURA_CA=authority.file).returncode != 0
    done = aura(world, "list", AURA_CA=authority.file, AURA_TOKEN=token)
    assert done.returncode == 0, done.stderr


def test_the_certificates_of_aura_pki_are_used(worlds, tmp_path):
    pki = tmp_path / "pki"

    def make(*arguments):
        done = finish([binary("aura"), "pki", *arguments, "--directory", str(pki)], {}, 30)
        assert done.returncode == 0, done.stderr

    world = worlds()
    ada = world.call("principal.create", name="ada", role="operator")["principal"]["id"]
    make("init", "--installation", world.call("system.info")["installation"])
    make("issue", "--server", "localhost,127.0.0.1", "--out", str(pki / "server"))
    make("issue", "--principal", "ada")
    world.daemon.stop()
    world.daemon.with_settings(
        listen="tls://127.0.0.1:0", tls__certificateFile=pki / "server.pem", tls__keyFile=pki / "server.key",
        tls__clientAuthorityFile=pki / "authority.pem", tls__clientCertificates="required")
    world.daemon.start()
    files = ["--ca", str(pki / "authority.pem")]
    own = ["--cert", str(pki / "ada.pem"), "--key", str(pki / "ada.key")]
    assert aura(world, "list", *files, *own).returncode == 0
    assert aura(world, "list", *files).returncode == 3
    before = (pki / "server.pem").read_bytes()
    make("renew", str(pki / "server.pem"), "--force")
    assert (pki / "server.pem").read_bytes() != before
    os.kill(world.daemon.pid, signal.SIGHUP)
    eventually(lambda: "uses the new certificate" in world.daemon.log_tail(), what="the reload")
    assert aura(world, "list", *files, *own).returncode == 0
    # Who called is in the job and its events.
    done = aura(world, "provision", "ada", "--region", "eu-central", "--size", "small", "--watch", *files, *own)
    assert done.returncode == 0, done.stderr
    done = aura(world, "job", "list", "--all", "--json", *files, *own)
    (job,) = json.loads(done.stdout)["jobs"]
    assert job["principal"] == ada
    # A revoked certificate gives no rights any more.
    done = world.daemon.aura("pki", "revoke", str(pki / "ada.pem"))
    assert done.returncode == 0 and "is denied" in done.stdout, done.stderr
    assert aura(world, "list", *files, *own).returncode == 2


def test_aura_trusts_its_own_authority_and_the_right_name_only(world, authority, tmp_path):
    done = aura(world, "ping", "--ca", Authority(tmp_path, "foreign").file)
    assert done.returncode == 3 and "cannot trust aurad" in done.stderr, done.stderr
    host, port = place(world, "tls")
    done = finish([binary("aura"), "--socket", f"tls://127.0.0.2:{port}", "--ca", authority.file, "ping"], {}, 30)
    assert done.returncode == 3, done.stderr
    done = aura(world, "ping")
    assert done.returncode == 3 and "--ca" in done.stderr, done.stderr
    done = aura(world, "ping", "--ca", authority.file, "--cert", authority.file)
    assert done.returncode == 64 and "give both files" in done.stderr, done.stderr
