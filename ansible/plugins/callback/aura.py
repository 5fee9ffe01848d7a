# The standard output of aurad's playbook runs: one JSON object per line.
"""Turns a playbook run into JSON lines that aurad follows task by task."""

from __future__ import annotations

import atexit
import json
import math
import os
import re
import signal
import sys
import time

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: aura
type: stdout
short_description: one JSON object a line, for aurad
version_added: 0.1.0
description:
  - Writes every step of a run as one compact JSON object on a line of its own, at most 16 KiB long, flushed at once.
  - A task with C(no_log) shows neither result nor message. The contents of the run's own secret files are masked everywhere.
  - A message of C(ansible.builtin.debug) becomes a C(warning) event, which is how a role speaks to whoever watches.
  - When the reader goes away the run is ended, so that no run goes on unwatched.
"""

LINE_LIMIT_BYTES = 16 * 1024
MESSAGE_LIMIT_BYTES = 2000
NAME_LIMIT_BYTES = 400
WORDS_LIMIT_BYTES = 600
CAUSE_TEXT_LIMIT_CHARACTERS = 64 * 1024
WARNING_LIMIT_COUNT = 20
HIDDEN = "output hidden (no_log)"
MASK = "********"

SECRET_FILE_LIMIT_BYTES = 64 * 1024
SECRET_MINIMUM_CHARACTERS = 8
SECRET_FILE_VARIABLES = ("agent_gateway_token_file", "agent_environment_file", "tailnet_auth_key_file", "host_key_file")

META_ACTIONS = ("meta", "ansible.builtin.meta", "ansible.legacy.meta")
DEBUG_ACTIONS = ("debug", "ansible.builtin.debug", "ansible.legacy.debug")
CHECK_ACTIONS = ("assert", "fail", "validate_argument_spec")

# Patterns that map a failure's text to its cause, the most specific first. The texts are those of apt, dpkg, npm, curl,
# ssh, Python's urllib and Ansible's own modules.
CAUSE_WORDS = tuple((cause, reason, re.compile(pattern, re.IGNORECASE)) for cause, reason, pattern in (
    ("unknown", "disk", r"no space left on device|disk quota exceeded|ENOSPC|read-only file system"),
    ("transient", "memory", r"cannot allocate memory|out of memory|\bMemoryError\b|\bENOMEM\b|\boom-kill"),
    ("transient", "lock", r"could not get lock|unable to (?:acquire|lock)|is another process using it"
                          r"|frontend lock|lock is held by|dpkg was interrupted|text file busy"),
    ("transient", "names", r"temporary failure (?:in name resolution|resolving)|could not resolve"
                           r"|name or service not known|no address associated with|\bEAI_AGAIN\b|\bENOTFOUND\b"
                           r"|getaddrinfo|no such host"),
    ("transient", "connection", r"shared connection to|connection to \S+ closed|closed by remote host|mux_client"
                                r"|data could not be sent to remote host|failed to connect to the host via ssh"),
    ("transient", "network", r"timed? ?out\b|connection (?:refused|reset|closed|aborted)|network is unreachable"
                             r"|\bE(?:CONN(?:RESET|REFUSED|ABORTED)|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE)\b"
                             r"|no route to host"
                             r"|\bERR_SOCKET|socket hang up|remote end closed|unexpected eof|broken pipe|incompleteread"
                             r"|urlopen error|tls handshake|handshake (?:failure|operation)|not yet valid"
                             r"|deadline exceeded"
                             r"|(?:http error|http|status code was|status(?: code)?:?|code E|error:?|answered) ?"
                             r"(?:408|425|429|5\d\d)\b"
                             r"|\b(?:429 too many requests|50[0234] +(?:internal server|bad gateway|service|gateway))"),
    ("transient", "registry", r"failed to fetch|hash sum mismatch|unexpected size|mirror sync in progress"
                              r"|failed to update apt cache|unable to fetch some archives|\bEINTEGRITY\b"
                              r"|could not (?:download|retrieve)|failed to download|repository .* no longer has"),
))
# Exit codes of programs that were ended from outside: by the kernel for lack of memory (137), a shutdown (143),
# `timeout` (124).
CAUSE_CODES = {137: "memory", -9: "memory", 143: "killed", -15: "killed", 124: "timeout"}
LOGIN_REFUSED = re.compile(
    r"permission denied|host key verification failed|remote host identification has changed", re.IGNORECASE)
CAUSES = ("transient", "permanent", "unknown")
LOOP_FAILED = "One or more items failed"

_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(value, limit):
    """Returns one clean line of at most `limit` UTF-8 bytes: no control characters, no lone surrogates, cut with an
    ellipsis."""
    text = value if isinstance(value, str) else str(value)
    text = text[: limit * 8]
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _CONTROL.sub(" ", _ESCAPE_SEQUENCE.sub("", text)).strip()
    raw = text.encode("utf-8")
    if len(raw) <= limit:
        return text
    return raw[: limit - 3].decode("utf-8", "ignore") + "…"


def tail(text, limit):
    """Returns the last `limit` characters: programs report errors at the end."""
    text = text.strip()
    return text if len(text) <= limit else "…" + text[-limit:]


def lines_of(outcome):
    """Yields the lines that may name a failure's cause, the last first: of the errors, then of the output, then of
    `msg`."""
    parts = [outcome, *(outcome.get(key) for key in ("extract_results",) if isinstance(outcome.get(key), dict))]
    for stream in ("err", "stderr", "module_stderr", "out", "stdout", "module_stdout", "msg", "reason"):
        for part in parts:
            text = part.get(stream)
            if isinstance(text, str) and text.strip():
                yield from reversed([line for line in text[-CAUSE_TEXT_LIMIT_CHARACTERS:].splitlines() if line.strip()])


def code_of(outcome):
    """Returns the exit code of a failed module's program, or None."""
    for part in (outcome, outcome.get("extract_results")):
        code = part.get("rc") if isinstance(part, dict) else None
        if isinstance(code, int) and not isinstance(code, bool):
            return code
    return None


def cause_of(module, outcome):
    """Returns (cause, reason, line): whether another run on the same machine can succeed, why, and the line that shows
    it."""
    if module.rsplit(".", 1)[-1] in CHECK_ACTIONS:
        return "permanent", "check", None
    lines = list(lines_of(outcome))
    if outcome.get("unreachable"):
        refused = next((line for line in lines if LOGIN_REFUSED.search(line)), None)
        if refused is not None:
            return "unknown", "login", refused
        return "transient", "connection", lines[0] if lines else None
    code = code_of(outcome)
    for cause, reason, pattern in CAUSE_WORDS:
        line = next((line for line in lines if pattern.search(line)), None)
        if line is not None:
            return cause, reason, line
    if code in CAUSE_CODES or any(line.strip() == "Killed" for line in lines):
        return "transient", CAUSE_CODES.get(code, "memory"), lines[0] if lines else None
    if died_silently(outcome):
        return "transient", "killed", lines[0] if lines else None
    return "unknown", "other", lines[0] if lines else None


def died_silently(outcome):
    """Returns whether the module ended without a result and without an exception of its own, because its process was
    ended."""
    if "module_stdout" not in outcome and "module_stderr" not in outcome:
        return False
    return not any("Traceback" in str(outcome.get(stream) or "") for stream in ("module_stdout", "module_stderr"))


def secrets_of(path):
    """Returns the secret strings of one controller file: its lines, and the values of KEY=VALUE lines."""
    try:
        with open(path, "rb") as file:
            text = file.read(SECRET_FILE_LIMIT_BYTES).decode("utf-8", "replace")
    except OSError:
        return set()
    found = set()
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("-----"):
            continue
        found.add(line)
        if re.match(r"[A-Za-z_][A-Za-z0-9_]*=", line):
            found.add(line.split("=", 1)[1].strip().strip("\"'"))
    return {secret for secret in found if len(secret) >= SECRET_MINIMUM_CHARACTERS}


class CallbackModule(CallbackBase):
    """The `aura` standard output callback: writes the run as JSON lines."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "aura"

    def __init__(self, display=None, options=None):
        super().__init__(display=display, options=options)
        self._index = 0
        self._started = {}
        self._task_started = time.monotonic()
        self._secrets = []
        self._task_name = None
        self._queue = None
        self._is_open = False

    # The wire

    def _mask(self, value):
        """Returns the value with every secret of this run's own files masked, at any depth."""
        if isinstance(value, str):
            for secret in self._secrets:
                if secret in value:
                    value = value.replace(secret, MASK)
            return value
        if isinstance(value, dict):
            return {self._mask(str(key)): self._mask(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._mask(item) for item in value]
        if isinstance(value, float) and not math.isfinite(value):
            return None  # JSON has no value for it
        if value is None or isinstance(value, (bool, int, float)):
            return value
        return self._mask(str(value))

    def _send(self, event, **fields):
        fields = self._mask(fields)
        line = self._encode({"event": event, **fields})
        if len(line) > LINE_LIMIT_BYTES:
            line = self._encode(self._shortened(event, fields))
        try:
            sys.stdout.flush()
            self._write(sys.stdout.fileno(), line)
        except BrokenPipeError:
            # The reader has gone. Another run may start on the same machine, so this one must end.
            os.kill(os.getpid(), signal.SIGTERM)

    @staticmethod
    def _write(descriptor, line):
        """Writes all of the line, past Python's buffer. Ansible itself refuses non-blocking standard output."""
        while line:
            line = line[os.write(descriptor, line):]

    @staticmethod
    def _encode(message):
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str)
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text.encode("utf-8") + b"\n"

    @staticmethod
    def _shortened(event, fields):
        """Returns the short form of a message that exceeds the line limit: its event and its short fields."""
        short = {key: value for key, value in fields.items() if isinstance(value, (str, bool, int, float))}
        if event == "recap":
            short["hosts"] = fields["hosts"] if len(json.dumps(fields["hosts"])) < LINE_LIMIT_BYTES // 2 else {}
            short["data"] = {}
        return {"event": event, **short, "truncated": True}

    def _warn(self, message):
        self._send("warning", message=one_line(self._mask(message), MESSAGE_LIMIT_BYTES))

    # The playbook

    def v2_playbook_on_start(self, playbook):
        self._read_secrets(context.CLIARGS.get("extra_vars") or ())
        self._send("playbook.start", playbook=os.path.basename(playbook._file_name))
        self._is_open = True
        atexit.register(self._end, os.getpid())

    def _end(self, process):
        """Reports a run that ended without a recap. Ansible has no callback for a dead worker, only an exception."""
        if not self._is_open or os.getpid() != process:
            return
        self._is_open = False
        workers = getattr(self._queue, "_workers", None) or ()
        died = next((code for code in (getattr(worker, "exitcode", None) for worker in workers) if code), None)
        fields = {} if self._task_name is None else {"task": self._task_name}
        if died is None:
            self._send("run.broken", cause="unknown", reason="other", **fields, message="the run ended without a recap")
            return
        if died < 0:
            fields["signal"] = -died
        ending = f"was ended by signal {-died}" if died < 0 else f"ended with {died}"
        self._send("run.broken", cause="transient", reason="worker", **fields,
                   message=f"a worker of ansible-playbook {ending}")

    def _read_secrets(self, extra_vars):
        """Reads the secrets before the first task, from the variable files that the command line names."""
        for option in extra_vars:
            if not isinstance(option, str) or not option.startswith("@"):
                continue
            try:
                with open(option[1:], encoding="utf-8") as file:
                    variables = json.load(file)
            except (OSError, ValueError):
                continue
            if isinstance(variables, dict):
                self._add_secrets(variables)

    def _add_secrets(self, variables):
        found = set(self._secrets)
        for name in SECRET_FILE_VARIABLES:
            path = variables.get(name)
            if isinstance(path, str) and path:
                found |= secrets_of(path)
        # The longest first, so that a secret inside another one does not leave a remainder.
        self._secrets = sorted(found, key=len, reverse=True)

    def v2_playbook_on_play_start(self, play):
        manager = play.get_variable_manager()
        if manager is not None:
            self._add_secrets(manager.extra_vars)
        self._queue = self._caller(sys._getframe())
        self._index = 0
        self._send("play.start", play=self._name(play.get_name()), tasks=self._count(play, manager))

    @staticmethod
    def _caller(frame):
        """Returns Ansible's task queue manager, which calls this callback and holds the workers, or None."""
        while frame is not None:
            owner = frame.f_locals.get("self")
            if type(owner).__name__ == "TaskQueueManager":
                return owner
            frame = frame.f_back
        return None

    @staticmethod
    def _count(play, manager):
        """Returns how many tasks the play will run with the given tags, without handlers and rescues."""

        def count(block):
            total = 0
            for entry in block.block + block.always:
                if hasattr(entry, "block"):
                    total += count(entry)
                elif entry.action not in META_ACTIONS:
                    total += 1
            return total

        variables = manager.get_vars(play=play) if manager is not None else {}
        return sum(count(block.filter_tagged_tasks(variables)) for block in play.compile())

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._task_start(task, handler=False)

    def v2_playbook_on_handler_task_start(self, task):
        self._task_start(task, handler=True)

    def _task_start(self, task, handler):
        if task.action in META_ACTIONS:
            return  # it has no end to report
        self._started.clear()
        self._task_started = time.monotonic()
        if not handler:
            self._index += 1
        self._task_name = self._name(task.get_name())
        self._send("task.start", task=self._task_name, index=self._index, handler=handler)

    def v2_runner_on_start(self, host, task):
        self._started[host.get_name(), task._uuid] = time.monotonic()

    def v2_playbook_on_no_hosts_matched(self):
        self._warn("no machine matches the play")

    def v2_playbook_on_no_hosts_remaining(self):
        self._warn("no machine is left in the play")

    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in sorted(stats.processed):
            summary = stats.summarize(host)
            hosts[host] = {
                "ok": summary["ok"], "changed": summary["changed"], "unreachable": summary["unreachable"],
                "failed": summary["failures"], "skipped": summary["skipped"], "rescued": summary["rescued"],
                "ignored": summary["ignored"],
            }
        self._is_open = False
        self._send("recap", hosts=hosts, data=dict(stats.custom.get("_run", {})))

    # The tasks

    def _name(self, text):
        return one_line(self._mask(text), NAME_LIMIT_BYTES)

    def _fields(self, result):
        return {"host": self._name(result.host.get_name()), "task": self._name(result.task.get_name())}

    def _duration(self, result):
        started = self._started.get((result.host.get_name(), result.task._uuid), self._task_started)
        return int((time.monotonic() - started) * 1000)

    @staticmethod
    def _hidden(task, outcome):
        # If no_log is a template, its value is known only to the task, and the result reports it.
        return bool(outcome.get("_ansible_no_log")) or "censored" in outcome or task.no_log is True

    def _outcome(self, result):
        """Returns the failed result (of a loop, its first failed item), or None if it must not be shown."""
        outcome = result.result
        if self._hidden(result.task, outcome):
            return None
        items = [item for item in outcome.get("results") or [] if isinstance(item, dict)]
        failed = next((item for item in items if item.get("failed") or item.get("unreachable")), None)
        if failed is None:
            return outcome
        if self._hidden(result.task, failed):
            return None
        return {**failed, "msg": failed.get("msg") or outcome.get("msg")}

    def _cause(self, result, is_unreachable):
        """Returns the fields that describe the cause of a failure: see the README."""
        module = result.task.resolved_action or result.task.action
        outcome = self._outcome(result) or {}
        cause, reason, line = cause_of(module, {**outcome, "unreachable": is_unreachable})
        told = result.task.get_vars().get("aura_cause")
        if told == "words" and not is_unreachable:
            cause, reason, line = cause_of("", outcome)
        elif told in CAUSES and not is_unreachable:
            cause, reason = str(told), "told"
        fields = {"module": self._name(module), "cause": cause, "reason": reason}
        code = code_of(outcome)
        if code is not None:
            fields["rc"] = code
        if line is not None:
            fields["words"] = one_line(self._mask(line), WORDS_LIMIT_BYTES)
        return fields

    def _message(self, result):
        """Returns the reason of a failure on one line: the module's own message and the end of its standard error."""
        outcome = self._outcome(result)
        if outcome is None:
            return HIDDEN
        parts = []
        message = outcome.get("msg") or outcome.get("reason") or ""
        message = self._mask(message if isinstance(message, str) else json.dumps(message, default=str))
        if message:
            parts.append(tail(message, MESSAGE_LIMIT_BYTES // 2))
        inner = outcome.get("extract_results")
        streams = {**(inner if isinstance(inner, dict) else {}), **outcome}
        for stream in ("stderr", "module_stderr", "err", "stdout", "module_stdout"):
            # Masked before it is cut: a part of a secret would not be found.
            text = self._mask(streams.get(stream))
            if isinstance(text, str) and text.strip() and text.strip() not in message:
                parts.append(tail(text, MESSAGE_LIMIT_BYTES // 3))
                break
        return one_line(": ".join(parts), MESSAGE_LIMIT_BYTES) or "the module gave no reason"

    def _warnings(self, result):
        """Forwards the warnings of modules, which Ansible itself would print."""
        if self._hidden(result.task, result.result):
            return
        for warning in (result.result.get("warnings") or [])[:WARNING_LIMIT_COUNT]:
            self._warn(warning)
        if result.task.action in DEBUG_ACTIONS and "msg" in result.result:
            message = result.result["msg"]
            self._warn(message if isinstance(message, str) else json.dumps(message, default=str))

    def v2_runner_on_ok(self, result):
        self._warnings(result)
        self._send(
            "task.ok", **self._fields(result), changed=result.is_changed(), durationMs=self._duration(result))

    def v2_runner_on_skipped(self, result):
        self._send("task.skipped", **self._fields(result))

    def v2_runner_retry(self, result):
        outcome = result.result
        # Ansible counts the first attempt as a retry; the event reports the number that the task specifies.
        self._send(
            "task.retry", **self._fields(result), attempt=int(outcome.get("attempts", 1)),
            retries=max(0, int(outcome.get("retries", 1)) - 1))

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._warnings(result)
        self._send(
            "task.failed", **self._fields(result), **self._cause(result, False), message=self._message(result),
            ignored=bool(ignore_errors), durationMs=self._duration(result))

    def v2_runner_on_unreachable(self, result):
        self._send(
            "task.unreachable", **self._fields(result), **self._cause(result, True), message=self._message(result))
