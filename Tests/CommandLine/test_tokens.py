"""`aura token`: its calls, its output, and the places to which the text of a token goes."""

import os
import stat
from datetime import datetime, timedelta, timezone

import pytest

from daemon import Refusal
from samples import PRINCIPAL, TOKEN, TOKEN_ID, ago, at, principal, token

ENDS = "2126-12-20 12:00:00"
MISSING = "aura: cannot show a token, standard output is no terminal: give --out FILE, the path of a new file\n"
CREATED = {"token": token(), "text": TOKEN, "later": [1]}


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# MARK: create

def test_create_shows_the_token_once_at_a_terminal(terminal, daemon):
    daemon.on("token.create", CREATED)
    screen = terminal("token", "create", "billing", "host-7", columns=160)
    assert screen.wait() == 0
    assert screen.screen.text.splitlines() == [
        f"token {TOKEN_ID} (host-7) of billing, valid until {ENDS}", TOKEN,
        "aura: the token is not shown again: keep it in a file with the mode 0600, for --token-file",
    ]
    assert daemon.calls == [("token.create", {"principal": "billing", "name": "host-7"})]


def test_create_with_json_at_a_terminal_prints_the_reply_unchanged(terminal, daemon):
    daemon.on("token.create", CREATED)
    screen = terminal("token", "create", "billing", "host-7", "--json", columns=2000)
    assert screen.wait() == 0
    assert f'"text":"{TOKEN}"' in screen.raw and '"later":[1]' in screen.raw


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_create_without_a_terminal_creates_no_token(aura, daemon, words):
    run = aura("token", "create", "billing", "host-7", *words)
    assert (run.code, run.out, daemon.calls) == (64, "", [])
    if words:
        assert run.error["data"] == {"code": "usage", "retryable": False}
    else:
        assert run.err == MISSING


def test_create_writes_a_new_file_for_its_owner(aura, daemon, tmp_path):
    daemon.on("token.create", CREATED)
    file = tmp_path / "a token"
    run = aura("token", "create", "billing", "host-7", "--out", str(file))
    assert (run.code, run.err) == (0, "")
    assert run.lines == [
        f"token {TOKEN_ID} (host-7) of billing, valid until {ENDS}",
        f"its text is in {file}, use it with: aura --token-file '{file}'",
    ]
    assert (file.read_text(), mode(file)) == (f"{TOKEN}\n", 0o600)


def test_create_with_json_and_a_file_leaves_the_text_out(aura, daemon, tmp_path):
    daemon.on("token.create", CREATED)
    run = aura("token", "create", "billing", "host-7", "--json", "--out", str(tmp_path / "t"))
    assert (run.code, run.documents) == (0, [{"token": token(), "later": [1], "file": str(tmp_path / "t")}])
    assert (tmp_path / "t").read_text() == f"{TOKEN}\n"


def test_create_never_replaces_a_file(aura, daemon, tmp_path):
    file = tmp_path / "t"
    file.write_text("mine")
    run = aura("token", "create", "billing", "host-7", "--out", str(file))
    assert (run.code, run.out, daemon.calls, file.read_text()) == (74, "", [], "mine")
    assert run.err == f"aura: cannot make the file {file}, it exists already: give --out another path\n"
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    assert aura("token", "create", "billing", "host-7", "--out", str(file)).code == 74
    assert not (tmp_path / "elsewhere").exists()


def test_create_leaves_no_file_after_a_refusal(aura, daemon, tmp_path):
    daemon.on("token.create", Refusal(-32061, "principalNotFound", "no principal is named billing: see principal.list"))
    run = aura("token", "create", "billing", "host-7", "--out", str(tmp_path / "t"))
    assert (run.code, run.out) == (2, "")
    assert run.err == "aura: cannot create a token of billing: no principal is named billing: see principal.list\n"
    assert not (tmp_path / "t").exists()


def test_create_sends_its_options(aura, daemon, tmp_path):
    daemon.on("token.create", CREATED)
    run = aura(
        "token", "create", "billing", "host-7", "--scope", "instances:read", "--scope", "jobs:read", "--tenant", "acme",
        "--restrict", "peer=192.0.2.0/24", "--until", "2027-01-31", "--out", str(tmp_path / "t"))
    assert run.code == 0
    assert daemon.params("token.create") == [{
        "principal": "billing", "name": "host-7", "scopes": ["instances:read", "jobs:read"], "tenants": ["acme"],
        "expires": "2027-01-31T00:00:00.000Z", "restrictions": ["peer=192.0.2.0/24"],
    }]


def test_create_counts_a_duration_from_now(aura, daemon, tmp_path):
    daemon.on("token.create", CREATED)
    assert aura("token", "create", "billing", "host-7", "--for", "30d", "--out", str(tmp_path / "t")).code == 0
    (params,) = daemon.params("token.create")
    left = datetime.fromisoformat(params["expires"]) - datetime.now(timezone.utc) - timedelta(days=30)
    assert abs(left.total_seconds()) < 30


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--for", "30"], 'cannot use the duration "30": give a number and one of s, m, h, d, w, as in 30d'),
        (["--for", "0d"], 'cannot use the duration "0d": give a number and one of s, m, h, d, w, as in 30d'),
        (
            ["--until", "soon"],
            'cannot use the time "soon": give a date or a UTC time, as in 2027-01-31 or 2027-01-31T12:00:00Z'),
        (["--for", "1h", "--until", "2027-01-31"], "cannot use --for and --until at once: give one of them"),
    ])
def test_create_refuses_wrong_times(aura, daemon, words, complaint):
    run = aura("token", "create", "billing", "host-7", *words, "--json")
    assert (run.code, daemon.calls) == (64, [])
    assert complaint in run.error["message"]


# MARK: list, revoke, explain

def test_list_is_a_table(aura, daemon):
    rows = [
        token(lastUsedAt=ago(300)),
        token(id="BBB", name="old", expires=at(0), scopes=["jobs:read"], tenants=["acme", "b"]),
        token(id="CCC", name="gone", revokedAt=at(0), principal="p9"),
    ]
    daemon.on("token.list", {"tokens": rows}).on("principal.list", {"principals": [principal()]})
    run = aura("token", "list", "--all", "--principal", "billing")
    assert (run.code, run.err) == (0, "")
    assert run.lines == [
        "ID                      NAME    PRINCIPAL  STATE    ENDS                 USED       TENANTS  SCOPES",
        f"{TOKEN_ID}  host-7  billing    valid    {ENDS}  5 min ago  -        -",
        "BBB                     old     billing    expired  2026-11-20 12:00:00  never      acme,b   jobs:read",
        f"CCC                     gone    p9         revoked  {ENDS}  never      -        -",
    ]
    assert daemon.params("token.list") == [{"principal": "billing", "all": True, "limit": 500}]


def test_list_reads_every_page(aura, daemon):
    pages = {None: {"tokens": [token()], "next": "AAA"}, "AAA": {"tokens": [token(id="BBB")]}}
    daemon.on("token.list", lambda params: pages[params.get("after")])
    daemon.on("principal.list", Refusal(-32013, "forbidden", "cannot call principal.list"))
    run = aura("token", "list")
    assert (run.code, [line.split()[0] for line in run.lines]) == (0, ["ID", TOKEN_ID, "BBB"])
    assert PRINCIPAL in run.out
    assert daemon.params("token.list") == [{"limit": 500}, {"limit": 500, "after": "AAA"}]
    assert aura("token", "list", "--json").documents == list(pages.values())


def test_an_empty_list_is_reported_on_standard_error(aura, daemon):
    daemon.on("token.list", {"tokens": []})
    run = aura("token", "list")
    assert (run.code, run.out, run.err) == (0, "", "aura: there are no such tokens\n")


def test_revoke_names_the_token(aura, daemon):
    daemon.on("token.revoke", {"token": token(revokedAt=at(0))})
    run = aura("token", "revoke", TOKEN_ID)
    assert run.out == f"token {TOKEN_ID} (host-7) is revoked: its connections end in a second\n"
    assert daemon.calls == [("token.revoke", {"token": TOKEN_ID})]


def test_explain_reads_the_token_from_standard_input_or_a_file(aura, daemon, tmp_path):
    daemon.on("token.explain", {
        "valid": True, "token": token(), "restrictions": ["method=status.*"], "scopes": ["instances:read", "jobs:read"],
    })
    run = aura("token", "explain", input=f"{TOKEN}\n")
    assert (run.code, run.err) == (0, "")
    assert run.lines == [
        "the token is valid", f"  id            {TOKEN_ID}", "  name          host-7", f"  principal     {PRINCIPAL}",
        f"  ends          {ENDS}", "  scopes        instances:read, jobs:read", "  tenants       all",
        "  restrictions  method=status.*",
    ]
    file = tmp_path / "t"
    file.write_text(TOKEN)
    file.chmod(0o600)
    assert aura("token", "explain", "--in", str(file)).lines == run.lines
    assert daemon.calls == [("token.explain", {"text": TOKEN})] * 2


def test_explain_gives_the_reason_for_a_refusal(aura, daemon):
    daemon.on("token.explain", {
        "valid": False, "reason": "it was revoked", "token": token(revokedAt=at(0)), "restrictions": [], "scopes": [],
    })
    run = aura("token", "explain", input=TOKEN)
    assert run.code == 0
    assert run.lines[0] == "the token is not valid: it was revoked"
    assert "  revoked    2026-11-20 12:00:00" in run.lines and "tenants" not in run.out


# MARK: restrict

RESTRICTED = [
    (["method=status.*"], "pQ06HL4bsf5t_yAEbi7_b3TBDvtiNdfQUkd8vKRNphw"),
    (["method=status.*", "tenant=alice", "before=1800000000"], "iBA4oA0I3uDrSs8zt77MXTdU1Y7SC-3x3WffjGWwrFs"),
]


@pytest.mark.parametrize("restrictions, tag", RESTRICTED)
def test_restrict_makes_the_tokens_of_the_vectors(aura, daemon, tmp_path, restrictions, tag):
    file = tmp_path / "t"
    run = aura("token", "restrict", *restrictions, "--out", str(file), input=f"{TOKEN}\n")
    assert (run.code, run.err, daemon.connections) == (0, "", 0)
    assert file.read_text() == "~".join([f"aura1_k1_{TOKEN_ID}_{tag}", *restrictions]) + "\n"
    assert mode(file) == 0o600
    assert run.lines == [
        f"the token is restricted by {' and '.join(restrictions)}",
        f"its text is in {file}, use it with: aura --token-file {file}",
    ]


def test_restrict_shows_the_token_at_a_terminal(terminal, tmp_path):
    file = tmp_path / "t"
    file.write_text(TOKEN)
    file.chmod(0o600)
    screen = terminal("token", "restrict", "method=status.*", "--in", str(file), columns=200)
    assert screen.wait() == 0
    assert screen.screen.text.splitlines()[1] == f"aura1_k1_{TOKEN_ID}_{RESTRICTED[0][1]}~method=status.*"


def test_restrict_asks_for_the_token_at_a_terminal(terminal, tmp_path):
    screen = terminal("token", "restrict", "method=status.*", "--out", str(tmp_path / "t"), columns=200)
    screen.until(lambda shown: "aura: paste the token, then press Enter and ^D" in shown.text)
    os.write(screen.master, f"{TOKEN}\n\x04".encode())
    assert screen.wait() == 0
    assert (tmp_path / "t").read_text() == f"aura1_k1_{TOKEN_ID}_{RESTRICTED[0][1]}~method=status.*\n"


def test_restrict_with_json_names_the_file(aura, tmp_path):
    file = tmp_path / "t"
    run = aura("token", "restrict", "rate=10/60", "--json", "--out", str(file), input=TOKEN)
    assert run.documents == [{"file": str(file), "restrictions": ["rate=10/60"]}]


def test_restrict_without_a_terminal_writes_no_token(aura):
    run = aura("token", "restrict", "method=status.*", input=TOKEN)
    assert (run.code, run.out, run.err) == (64, "", MISSING)


@pytest.mark.parametrize(
    "restrictions, complaint",
    [
        (["method=*"], "cannot use the restriction method: use one of method=status.*, "),
        (["colour=red"], "cannot use the restriction colour: use one of method=status.*, "),
        ([f"tenant={'a' * 1000}"], "cannot restrict the token, the token would be longer than 1024 bytes: "),
        (["rate=1/60"] * 9, "cannot restrict the token, a token has 8 restrictions at most\n"),
    ])
def test_restrict_refuses_what_no_token_can_have(aura, tmp_path, restrictions, complaint):
    run = aura("token", "restrict", *restrictions, "--out", str(tmp_path / "t"), input=TOKEN)
    assert (run.code, run.out) == (64, "") and run.err.startswith(f"aura: {complaint}")
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("text", ["", "secret", f"{TOKEN} {TOKEN}", TOKEN[:-1]])
def test_a_text_that_is_no_token_is_refused_and_not_shown(aura, text):
    run = aura("token", "restrict", "method=status.*", input=text)
    assert (run.code, run.out) == (64, "") and "no token" in run.err
    assert not text or text not in run.err


# MARK: the command line

@pytest.mark.parametrize(
    "words",
    [
        ["token", "revoke", TOKEN], ["token", "restrict", "a=b", f"--in={TOKEN}~method=status.*"],
        ["show", f"x{TOKEN}"],
        ["rpc", "session.authenticate", f'{{"token":"{TOKEN}"}}'], ["--token-file", TOKEN, "ping"],
    ])
def test_a_token_on_the_command_line_is_refused_and_not_repeated(aura, daemon, words):
    run = aura(*words)
    assert (run.code, run.out, daemon.connections) == (64, "", 0)
    assert "cannot use a token on the command line" in run.err and TOKEN_ID not in run.err
    assert "cannot use a token on the command line" in aura(*words, "--json").error["message"]
