"""The program's surface: its help, kept as a golden file so that a change is visible, and shell completion."""

import os
import pathlib
import subprocess

import pytest

from daemon import Silence
from samples import instance

GOLDEN = pathlib.Path(__file__).parent / "golden" / "help.txt"
COMMANDS = [
    [], ["provision"], ["list"], ["show"], ["watch"], ["suspend"], ["resume"], ["restart"], ["destroy"], ["job"],
    ["job", "list"], ["job", "show"], ["job", "explain"],
    ["job", "wait"], ["job", "retry"], ["job", "cancel"], ["reconcile"], ["token"], ["token", "create"],
    ["token", "list"], ["token", "revoke"], ["token", "explain"], ["token", "restrict"], ["principal"],
    ["principal", "create"], ["principal", "list"], ["principal", "set"], ["tenant"], ["tenant", "create"],
    ["tenant", "list"], ["tenant", "set"], ["secret"], ["secret", "set"], ["secret", "list"], ["secret", "reveal"],
    ["secret", "delete"], ["whoami"], ["roles"], ["vault"], ["vault", "init"],
    ["vault", "rotate"], ["vault", "status"], ["vault", "set"], ["vault", "delete"], ["vault", "import"], ["pki"], ["pki", "init"],
    ["pki", "issue"], ["pki", "renew"], ["rpc"], ["ping"],
    ["info"],
]


def test_help_equals_the_golden_file(aura):
    """`UPDATE_GOLDEN=1` rewrites the file."""
    pages = []
    for command in COMMANDS:
        run = aura("help", *command, COLUMNS="80")
        assert (run.code, run.err) == (0, "")
        pages.append(f"$ aura help {' '.join(command)}".rstrip() + "\n" + run.out)
    text = "\n".join(pages)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_help_names_every_command(aura):
    text = aura("--help").out
    for command in {words[0] for words in COMMANDS if words}:
        assert f"\n  {command} " in text


def test_help_tells_the_exit_codes(aura):
    text = aura("--help").out
    for code in [0, 1, 2, 3, 4, 64, 74, 130, 141]:
        assert f"\n  {code} " in text


@pytest.mark.parametrize("shell, word", [("bash", "complete"), ("zsh", "#compdef aura"), ("fish", "complete -c")])
def test_a_completion_script_is_generated_for_each_shell(aura, shell, word):
    run = aura("--generate-completion-script", shell)
    assert run.code == 0 and word in run.out


def complete(binary, environment, tmp_path, words):
    """Returns bash's completions of the last word, requested as the tab key does."""
    script = tmp_path / "aura.bash"
    with open(script, "w") as file:
        subprocess.run([binary, "--generate-completion-script", "bash"], stdout=file, check=True)
    ask = """
        shopt -s extglob; source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        function_name=$(complete -p aura | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        "$function_name" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    environment = {**environment, "PATH": f"{pathlib.Path(binary).parent}:{environment['PATH']}"}
    result = subprocess.run(
        ["bash", "-c", ask, "bash", str(script), *words], capture_output=True, text=True, env=environment, timeout=30)
    return sorted(line.strip() for line in result.stdout.splitlines() if line.strip())


def test_names_are_completed(binary, environment, daemon, tmp_path):
    daemon.on("status.list", {"instances": [instance("ada"), instance("alan"), instance("bob")]})
    assert complete(binary, environment, tmp_path, ["aura", "show", "a"]) == ["ada", "alan"]
    assert complete(binary, environment, tmp_path, ["aura", "destroy", "b"]) == ["bob"]


@pytest.mark.parametrize(
    "words, values",
    [
        (["job", "list", "--state", "c"], ["cancelled", "compensating"]),
        (["list", "--phase", "re"], ["restarting", "resuming"]),
        (["watch", "--all", "--until", ""], ["terminal"]),
    ])
def test_the_known_values_of_an_option_are_completed(binary, environment, tmp_path, words, values):
    assert complete(binary, environment, tmp_path, ["aura", *words]) == values


def test_names_beyond_the_first_page_are_completed(binary, environment, daemon, tmp_path):
    pages = {
        None: {"instances": [instance(f"ada-{number}") for number in range(1000)], "next": "i1"},
        "i1": {"instances": [instance("zoe")]},
    }
    daemon.on("status.list", lambda params: pages[params.get("after")])
    assert complete(binary, environment, tmp_path, ["aura", "show", "z"]) == ["zoe"]


def test_completion_uses_the_socket_of_the_command_line(binary, environment, daemon, tmp_path):
    daemon.on("status.list", {"instances": [instance("ada")]})
    elsewhere = {**environment, "AURA_SOCKET": str(tmp_path / "nowhere.sock")}
    words = ["aura", "show", "--socket", daemon.path, "a"]
    assert complete(binary, elsewhere, tmp_path, words) == ["ada"]


def test_completion_without_a_daemon_offers_no_names(binary, environment, daemon, tmp_path):
    daemon.on("status.list", Silence())
    assert complete(binary, environment, tmp_path, ["aura", "show", "a"]) == []
    daemon.stop()
    assert complete(binary, environment, tmp_path, ["aura", "show", "a"]) == []
