"""Node and the TypeScript compiler."""

import os
import pathlib
import shutil
import subprocess

from .places import REPOSITORY

OLDEST = 20


def node():
    """Returns the path of a sufficiently new Node, on the path or in /usr/local/bin. A distribution's own may be older."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/local/bin"]
    candidates = dict.fromkeys(path for path in (pathlib.Path(folder) / "node" for folder in folders) if path.is_file())
    versions = {path: version(path) for path in candidates}
    found = next((path for path, each in versions.items() if int(each.split(".")[0]) >= OLDEST), None)
    seen = ", ".join(f"{path} is {each}" for path, each in versions.items()) or "there is none"
    assert found, f"Node {OLDEST} or newer is missing, on the path and in /usr/local/bin: {seen}"
    return str(found)


def version(path):
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip().removeprefix("v")


def compile_typescript(project):
    """Compiles the project of a tsconfig.json; any message of the compiler fails the test."""
    compiler = shutil.which("tsc")
    assert compiler, "tsc is missing: run make setup"
    done = subprocess.run([node(), compiler, "--project", project], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def compile_client(folder):
    """Compiles a copy of the TypeScript client; returns its directory. The compiled client is in `dist`."""
    package = folder / "client"
    shutil.copytree(REPOSITORY / "clients/typescript", package, ignore=shutil.ignore_patterns("dist", "build"))
    compile_typescript(package)
    return package
