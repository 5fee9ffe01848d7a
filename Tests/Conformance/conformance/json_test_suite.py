"""The parsing cases of nst/JSONTestSuite, extracted when needed from a source package of PyPI that contains them."""

import os
import pathlib
import subprocess
import sys
import tarfile

from . import texts
from .cases import Case

ARCHIVE = "orjson-3.10.0.tar.gz"
REQUIREMENT = "orjson==3.10.0 --hash=sha256:ba4d8cac5f2e2cff36bea6b6481cdb92b38c202bcec603d6f5ff91960595a1ed"
FOLDER = "orjson-3.10.0/data/parsing/"
VERDICTS = {"y_": "accept", "n_": "reject", "i_": "either"}
COUNTS = {"accept": 95, "reject": 188, "either": 35}

# To download a source package, pip asks its build backend for the package's name. The real one needs a Rust toolchain.
BACKEND = '''\
import pathlib


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = pathlib.Path(metadata_directory, "orjson-3.10.0.dist-info")
    folder.mkdir()
    folder.joinpath("METADATA").write_text("Metadata-Version: 2.1\\nName: orjson\\nVersion: 3.10.0\\n")
    return folder.name
'''

# The suite accepts these; RFC 8259 leaves the choice: keys should be unique (section 4), and the contents of strings
# may be limited (9).
CHOICES = {
    "y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json", "y_object_escaped_null_in_key.json",
    "y_string_null_escape.json"}


def download(folder):
    """Puts the package into a folder; returns its path."""
    folder = pathlib.Path(folder)
    backend = folder / "backend"
    backend.mkdir()
    (backend / "maturin.py").write_text(BACKEND)
    (folder / "requirement.txt").write_text(REQUIREMENT + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:",
         "--no-build-isolation", "--requirement", "requirement.txt", "--dest", "."],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(backend)}, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise OSError(f"cannot download {ARCHIVE}: {done.stderr.strip()[-500:]}")
    return folder / ARCHIVE


def cases(archive):
    """Returns every text of the suite as cases."""
    return [case for text in _texts(archive) for case in texts.cases(text, Case)]


def _texts(archive):
    with tarfile.open(archive) as package:
        files = sorted(
            (member.name.removeprefix(FOLDER), package.extractfile(member).read())
            for member in package if member.isfile() and member.name.startswith(FOLDER))
    found = [_text(name, data) for name, data in files if name[:2] in VERDICTS]
    counts = {verdict: sum(VERDICTS[name[:2]] == verdict for name, _ in files) for verdict in COUNTS}
    if counts != COUNTS:
        raise ValueError(f"{ARCHIVE} does not hold the suite: {counts}")
    return found


def _text(name, data):
    verdict = "either" if name in CHOICES else VERDICTS[name[:2]]
    return texts.Text("JSONTestSuite", name, "what a parser of RFC 8259 takes", "nst/JSONTestSuite, test_parsing", data, verdict)
