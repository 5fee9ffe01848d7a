"""`aura pki`: files only, judged by OpenSSL and by Python's cryptography package."""

import datetime
import hashlib
import json
import os
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID


@pytest.fixture
def authority(aura, tmp_path):
    run = aura("pki", "init", "--installation", "home", "--directory", str(tmp_path))
    assert (run.code, run.err) == (0, "") and "authority.pem" in run.out
    return tmp_path


def certificate(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def fits(directory, name):
    """True if the key in NAME.key belongs to the certificate in NAME.pem."""
    key = serialization.load_pem_private_key((directory / f"{name}.key").read_bytes(), None)
    return key.public_key() == certificate(directory / f"{name}.pem").public_key()


def verify(directory, name, *purpose):
    return subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", directory / "authority.pem", *purpose, directory / f"{name}.pem"],
        capture_output=True, text=True)


def test_the_directory_of_an_authority_is_made(aura, tmp_path):
    directory = tmp_path / "pki"
    assert aura("pki", "init", "--installation", "home", "--directory", str(directory)).code == 0
    assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700 and fits(directory, "authority")


def test_an_authority_is_valid_for_ten_years(authority):
    made = certificate(authority / "authority.pem")
    constraints = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    assert made.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert isinstance(made.public_key(), ec.EllipticCurvePublicKey) and made.public_key().curve.name == "secp256r1"
    life = made.not_valid_after_utc - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=3649) < life <= datetime.timedelta(days=3650)
    made.verify_directly_issued_by(made)
    assert fits(authority, "authority")
    assert stat.S_IMODE(os.stat(authority / "authority.key").st_mode) == 0o600


def test_a_principal_gets_a_certificate_for_clients(aura, authority):
    run = aura("pki", "issue", "--directory", str(authority), "--principal", "ada", "--json")
    assert run.code == 0, run.err
    made = certificate(authority / "ada.pem")
    assert json.loads(run.out)["certificate"] == str(authority / "ada.pem")
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.UniformResourceIdentifier("aura://home/principal/ada")]
    uses = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert made.not_valid_after_utc - made.not_valid_before_utc == datetime.timedelta(days=30)
    made.verify_directly_issued_by(certificate(authority / "authority.pem"))
    assert fits(authority, "ada") and stat.S_IMODE(os.stat(authority / "ada.key").st_mode) == 0o600
    assert verify(authority, "ada", "-purpose", "sslclient").returncode == 0
    assert verify(authority, "ada", "-purpose", "sslserver").returncode != 0


def test_a_server_gets_a_certificate_for_its_names(aura, authority):
    run = aura("pki", "issue", "--directory", str(authority), "--server", "aura.example.org,192.0.2.7,2001:db8::7",
               "--days", "90", "--out", str(authority / "server"))
    assert run.code == 0, run.err
    for name in (["-verify_hostname", "aura.example.org"], ["-verify_ip", "192.0.2.7"], ["-verify_ip", "2001:db8::7"]):
        done = verify(authority, "server", "-purpose", "sslserver", *name)
        assert done.returncode == 0, done.stderr
    assert verify(authority, "server", "-verify_hostname", "other.example.org").returncode != 0


def test_a_renewed_certificate_has_the_same_names_and_another_key(aura, authority):
    directory = str(authority)
    assert aura("pki", "issue", "--directory", directory, "--server", "a.example,127.0.0.1", "--days", "7").code == 0
    old = certificate(authority / "a.example.pem")
    refused = aura("pki", "renew", str(authority / "a.example.pem"), "--directory", directory)
    assert refused.code == 64 and "use --force" in refused.err
    assert certificate(authority / "a.example.pem") == old
    run = aura("pki", "renew", str(authority / "a.example.pem"), "--directory", directory, "--force")
    assert run.code == 0, run.err
    new = certificate(authority / "a.example.pem")
    assert new.serial_number != old.serial_number and new.public_key() != old.public_key()
    kind = x509.SubjectAlternativeName
    assert new.extensions.get_extension_for_class(kind) == old.extensions.get_extension_for_class(kind)
    assert new.not_valid_after_utc - new.not_valid_before_utc == datetime.timedelta(days=7)
    assert fits(authority, "a.example") and verify(authority, "a.example", "-purpose", "sslserver").returncode == 0
    assert aura("pki", "renew", str(authority / "a.example.pem"), "--directory", directory,
                "--out", str(authority / "next")).code == 0
    assert fits(authority, "next") and certificate(authority / "a.example.pem") == new


def test_no_file_is_replaced_without_force(aura, authority):
    before = {path.name: path.read_bytes() for path in authority.iterdir()}
    run = aura("pki", "init", "--installation", "other", "--directory", str(authority))
    assert run.code == 64 and "it exists" in run.err
    assert {path.name: path.read_bytes() for path in authority.iterdir()} == before
    assert aura("pki", "init", "--installation", "other", "--directory", str(authority), "--force").code == 0
    assert set(before) == {path.name for path in authority.iterdir()}
    assert (authority / "authority.key").read_bytes() != before["authority.key"]


@pytest.mark.parametrize("arguments, words", [
    (["--principal", "a b"], "cannot use the principal"), (["--principal", "../ada"], "cannot use the principal"),
    (["--server", "a b"], "cannot use the server"), (["--server", "a.example,"], "cannot use the server"),
    (["--principal", "ada", "--days", "91"], "1 to 90 days"), (["--principal", "ada", "--days", "0"], "1 to 90 days"),
    ([], "give either --principal or --server"), (["--principal", "ada", "--server", "b"], "give either"),
])
def test_wrong_words_are_refused(aura, authority, arguments, words):
    run = aura("pki", "issue", "--directory", str(authority), *arguments)
    assert run.code == 64 and words in run.err, run.err
    assert {path.name for path in authority.iterdir()} == {"authority.pem", "authority.key"}


def test_a_missing_authority_is_named(aura, tmp_path):
    run = aura("pki", "issue", "--directory", str(tmp_path), "--principal", "ada")
    assert run.code == 74 and "authority.pem" in run.err and "No such file" in run.err


def digest(path):
    """The SHA-256 of the public key, as a daemon stores it."""
    key = certificate(path).public_key()
    encoded = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(encoded).hexdigest()


def test_revoke_denies_the_key_of_a_certificate(aura, daemon, authority):
    assert aura("pki", "issue", "--directory", str(authority), "--principal", "ada").code == 0
    key = digest(authority / "ada.pem")
    daemon.on("access.deny", {"key": key})
    run = aura("pki", "revoke", str(authority / "ada.pem"))
    assert (run.code, run.err, run.lines) == (0, "", [f"the key {key} is denied"])
    assert aura("pki", "revoke", key.upper(), "--json").code == 0
    assert daemon.calls == [("access.deny", {"key": key})] * 2
    refused = aura("pki", "revoke", str(authority / "ada.key"))
    assert refused.code == 64 and "no certificate in PEM form" in refused.err
    assert aura("pki", "revoke", "f00").code == 74
