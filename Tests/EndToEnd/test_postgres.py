"""Features of PostgreSQL only: TLS by libpq's own settings, a pooler that reassigns sessions, one sweep for all
daemons."""

import os
import shutil
import socket
import subprocess

import pytest

from harness import Postgres, eventually, fresh_name


@pytest.fixture(scope="module")
def secure():
    """Returns a server with TLS on loopback and its own certificate."""
    server = Postgres()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", server.data / "server.key", "-out", server.data / "server.crt"],
        check=True, capture_output=True)
    for name in ("server.key", "server.crt"):
        os.chmod(server.data / name, 0o600)
        if os.geteuid() == 0:
            shutil.chown(server.data / name, "postgres", "postgres")
    certificate = server.directory / "trusted.crt"
    certificate.write_bytes((server.data / "server.crt").read_bytes())
    server.stop()
    with open(server.data / "postgresql.conf", "a") as file:
        file.write("ssl = on\n")
    with open(server.data / "pg_hba.conf", "a") as file:
        file.write("hostssl all all 127.0.0.1/32 trust\n")
    server.listen()
    yield server, certificate
    server.close()


def tls_url(server, database, **parameters):
    server.url(database)
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return f"postgres://aura@127.0.0.1:{server.port}/{database}?{query}"


def test_the_database_url_enables_tls(secure, cluster):
    server, certificate = secure
    url = tls_url(server, "tls", sslmode="verify-full", sslrootcert=certificate)
    cloud = cluster(1, "sqlite", {"database": url})
    daemon = cloud.daemons[0]
    job = cloud.finish(daemon, cloud.provision(daemon, fresh_name()))
    assert job["state"] == "succeeded"
    sessions = server.query("tls", "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL")
    assert sessions == "t"


def test_an_untrusted_certificate_is_refused(secure, worlds):
    server, _ = secure
    stranger = server.directory / "stranger.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=other", "-keyout",
         server.directory / "stranger.key", "-out", stranger], check=True, capture_output=True)
    world = worlds({"database": tls_url(server, "tls", sslmode="verify-full", sslrootcert=stranger)}, start_daemon=False)
    code, errors = world.daemon.run_to_failure(20)
    assert code == 69 and "certificate" in errors and "aurad: cannot open the PostgreSQL database" in errors


def test_daemons_work_without_prepared_statements(cluster):
    """Every statement is complete in itself, so it can run in any session."""
    cloud = cluster(2, settings={"postgres.preparesStatements": "false"})
    jobs = [cloud.provision(cloud.daemons[number % 2], f"a{number}") for number in range(6)]
    for job in jobs:
        assert cloud.finish(cloud.daemons[0], job)["state"] == "succeeded"
    cloud.check(6)
    assert cloud.server.query(cloud.database, "SELECT count(*) FROM pg_prepared_statements") == "0"


@pytest.fixture
def pooler(server, tmp_path):
    """Starts PgBouncer in front of the server; it gives each transaction any free session."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    directory = server.directory / "pooler"
    directory.mkdir()
    (directory / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={server.directory} port={server.port} user=aura\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 6\n"
        "ignore_startup_parameters = extra_float_digits\n")
    if os.geteuid() == 0:
        shutil.chown(directory, "postgres")
    with open(directory / "log", "ab") as log:
        process = subprocess.Popen(
            [*server.prefix, shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", directory / "pgbouncer.ini"], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log)
    yield lambda database: f"postgres://aura@127.0.0.1:{port}/{database}"
    process.terminate()
    process.wait(10)


def test_daemons_work_behind_a_pooler(server, pooler, cluster):
    server.url("pooled")
    settings = {
        "database": pooler("pooled"), "postgres.listenUrl": server.url("pooled"), "postgres.preparesStatements": "false"}
    cloud = cluster(2, settings=settings)
    jobs = [cloud.provision(cloud.daemons[number % 2], f"a{number}") for number in range(6)]
    for number, job in enumerate(jobs):
        assert cloud.finish(cloud.daemons[(number + 1) % 2], job)["state"] == "succeeded"
    cloud.check(6)


# A daemon ends 45 s after SIGTERM at the latest. The rest is for a busy machine. Calls to a server that does not reply
# take up to 30 s each, one after the other: without the limit, the end took 90 s.
LATEST_END = 65


def test_a_server_that_does_not_reply_does_not_hold_the_shutdown(server, worlds):
    world = worlds({"database": server.url("frozen"), "engine.leaseSeconds": 600, "engine.heartbeatSeconds": 200})
    held = world.sandbox.fault("slow", "/v1/servers", "GET", seconds=100)
    job = world.provision("ada")
    eventually(lambda: world.sandbox.fired(held), what="the call at which the step is held")
    with server.frozen():
        world.daemon.stop(LATEST_END)
    assert f"cannot write job {job}" in world.daemon.log_text()
    assert "cannot shut down within 45.0 seconds" in world.daemon.log_text()


def test_several_daemons_report_an_orphan_once(cluster):
    """Three daemons that may each sweep every half second: together they sweep once, and an orphan is reported once."""
    cloud = cluster(3, settings={"reconciler.everySeconds": 0.5, "reconciler.graceSeconds": 1})
    daemon, sandbox = cloud.daemons[0], cloud.sandbox
    installation = daemon.call("system.info")["installation"]
    labels = {"managed-by": "aura", "aura-installation": installation, "aura-instance": "01a1fbc6-5349-7ee0-a04c-b3ba082a389e"}
    body = {"name": "aura-old-b082a389-g1", "server_type": "cx23", "image": "debian-13", "location": "fsn1", "labels": labels}
    sandbox.hetzner("POST", "/servers", body)
    eventually(lambda: not sandbox.state()["servers"], 30, what="the orphan to be deleted")
    cloud.followers[0].wait(lambda event: event["type"] == "resource.reaped", what="the orphan's end")
    told = [event["type"] for event in cloud.followers[0].events if event["type"].startswith("resource.")]
    assert told == ["resource.quarantined", "resource.reaped"]
