"""The callback's lines from real runs of ansible-playbook on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess

import pytest
from conftest import TREE, environment, play, program

HEAD = "- name: Try\n  hosts: all\n  gather_facts: false\n  connection: local\n"
SECRET = "planted-secret-0123456789"

_specification = importlib.util.spec_from_file_location("aura_callback", TREE / "plugins" / "callback" / "aura.py")
callback = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(callback)


def run(job, body, *arguments, inventory="h1,", **more):
    """Runs a playbook of these tasks on local hosts."""
    (job / "try.yml").write_text(HEAD + body, encoding="utf-8")
    finished = play(job, "-i", inventory, job / "try.yml", *arguments, **more)
    for text in finished.raw.splitlines(keepends=True):
        assert len(text) <= 16 * 1024
        assert text.endswith(b"\n")
    return finished


def task(text):
    """Returns the tasks of a play from an indented block."""
    return "  tasks:\n" + text


def test_a_run_emits_events_from_start_to_recap(job):
    done = run(job, task("""
    - name: change
      ansible.builtin.command: "true"
    - name: same
      ansible.builtin.ping:
    - name: skip
      ansible.builtin.ping:
      when: false
    - name: tell
      ansible.builtin.set_stats:
        data: {aura: {agentVersion: 2026.8.1, list: [1, null, true]}}
"""))
    assert done.code == 0
    assert done.events[0] == {"event": "playbook.start", "playbook": "try.yml"}
    assert done.events[1] == {"event": "play.start", "play": "Try", "tasks": 4}
    assert done.events[2] == {"event": "task.start", "task": "change", "index": 1, "handler": False}
    assert [event["index"] for event in done.of("task.start")] == [1, 2, 3, 4]
    changed, = done.of("task.ok", task="change")
    assert changed["host"] == "h1"
    assert changed["changed"] is True
    assert isinstance(changed["durationMs"], int)
    assert 0 <= changed["durationMs"] < 60_000
    assert set(changed) == {"event", "host", "task", "changed", "durationMs"}
    assert done.of("task.ok", task="same")[0]["changed"] is False
    assert done.of("task.skipped") == [{"event": "task.skipped", "host": "h1", "task": "skip"}]
    assert done.recap == {
        "event": "recap",
        "hosts": {"h1": {"ok": 3, "changed": 1, "unreachable": 0, "failed": 0, "skipped": 1, "rescued": 0,
                         "ignored": 0}},
        "data": {"aura": {"agentVersion": "2026.8.1", "list": [1, None, True]}},
    }


def test_a_failure_contains_the_output_of_the_module(job):
    done = run(job, task("""
    - name: break
      ansible.builtin.shell: echo out; echo "first" >&2; echo "the disk is full" >&2; exit 3
    - name: never
      ansible.builtin.ping:
"""))
    assert done.code == 2
    failed, = done.of("task.failed")
    assert failed["message"] == "non-zero return code: first the disk is full"
    assert failed["ignored"] is False
    assert isinstance(failed["durationMs"], int)
    assert not done.of("task.start", task="never")
    assert done.recap["hosts"]["h1"]["failed"] == 1


def test_ignored_and_rescued_failures_are_counted_apart(job):
    done = run(job, task("""
    - name: ignored
      ansible.builtin.command: "false"
      ignore_errors: true
    - name: saved
      block:
        - name: rescued
          ansible.builtin.fail:
            msg: on purpose
      rescue:
        - name: save
          ansible.builtin.ping:
"""))
    assert done.code == 0
    assert done.of("task.failed", task="ignored")[0]["ignored"] is True
    assert done.of("task.failed", task="rescued")[0]["message"] == "on purpose"
    counts = done.recap["hosts"]["h1"]
    assert (counts["failed"], counts["rescued"], counts["ignored"]) == (0, 1, 1)


def test_a_retry_counts_from_one(job):
    done = run(job, task("""
    - name: again
      ansible.builtin.shell: echo x >> {{ playbook_dir }}/count; test $(wc -l < {{ playbook_dir }}/count) -ge 3
      register: again
      until: again.rc == 0
      retries: 5
      delay: 0
"""))
    assert done.code == 0
    assert [(event["attempt"], event["retries"]) for event in done.of("task.retry")] == [(1, 5), (2, 5)]
    assert set(done.of("task.retry")[0]) == {"event", "host", "task", "attempt", "retries"}


def test_a_loop_is_one_task_and_reports_its_failed_item(job):
    done = run(job, task("""
    - name: each
      ansible.builtin.shell: test {{ item }} != 2 || { echo "item two broke" >&2; exit 1; }
      loop: [1, 2, 3]
"""))
    assert len(done.of("task.failed")) == 1
    assert "item two broke" in done.of("task.failed")[0]["message"]
    assert not done.of("task.ok")


def test_handlers_are_marked_and_not_counted(job):
    done = run(job, """
  handlers:
    - name: later
      ansible.builtin.ping:
""" + task("""
    - name: notify
      ansible.builtin.command: "true"
      notify: later
"""))
    assert done.of("play.start")[0]["tasks"] == 1
    assert done.of("task.start", task="later") == [
        {"event": "task.start", "task": "later", "index": 1, "handler": True}]


def test_the_count_honours_tags_blocks_and_always(job):
    body = task("""
    - name: wanted
      ansible.builtin.ping:
      tags: [a]
    - name: other
      ansible.builtin.ping:
      tags: [b]
    - name: always
      ansible.builtin.ping:
      tags: [always]
    - tags: [a]
      name: grouped
      block:
        - name: in block
          ansible.builtin.ping:
        - name: meta
          ansible.builtin.meta: noop
      rescue:
        - name: in rescue
          ansible.builtin.ping:
      always:
        - name: in always
          ansible.builtin.ping:
""")
    done = run(job, body, "--tags", "a")
    assert done.of("play.start")[0]["tasks"] == 4
    assert len(done.of("task.start")) == 4
    assert run(job, body, "--tags", "b").of("play.start")[0]["tasks"] == 2


def test_an_unreachable_host_has_a_transient_cause(job):
    done = run(job, """
  vars:
    ansible_connection: ssh
    ansible_port: 1
    ansible_ssh_retries: 0
""" + task("""
    - name: reach
      ansible.builtin.ping:
"""), inventory="127.0.0.1,")
    assert done.code == 4
    event, = done.of("task.unreachable")
    assert "refused" in event["message"]
    assert set(event) == {"event", "host", "task", "message", "module", "cause", "reason", "words"}
    assert (event["module"], event["cause"], event["reason"]) == ("ansible.builtin.ping", "transient", "connection")
    assert "Connection refused" in event["words"]
    assert done.recap["hosts"]["127.0.0.1"]["unreachable"] == 1


def test_each_host_has_its_own_result(job):
    done = run(job, task("""
    - name: both
      ansible.builtin.command: test {{ inventory_hostname }} = a
"""), inventory="a,b,")
    assert done.of("task.ok")[0]["host"] == "a"
    assert done.of("task.failed")[0]["host"] == "b"
    assert set(done.recap["hosts"]) == {"a", "b"}


def test_debug_messages_become_warnings(job):
    done = run(job, task("""
    - name: tell
      ansible.builtin.debug:
        msg: "mind\\nthe gap"
    - name: curl
      ansible.builtin.shell: "true"
      args: {creates: /nonexistent}
    - name: odd
      ansible.builtin.file:
        path: "{{ playbook_dir }}/f"
        state: touch
        mode: 644
"""))
    assert "mind the gap" in [event["message"] for event in done.of("warning")]


@pytest.mark.parametrize("verbosity", ["-v", "-vvv", "-vvvvv"])
def test_standard_output_is_json_lines_and_no_output_has_a_secret(job, verbosity):
    (job / "secret").write_text(SECRET + "\n", encoding="utf-8")
    done = run(job, task("""
    - name: copy
      ansible.builtin.copy:
        src: "{{ playbook_dir }}/secret"
        dest: "{{ playbook_dir }}/copied"
        mode: "0600"
      no_log: true
      diff: false
    - name: fail
      ansible.builtin.shell: cat {{ playbook_dir }}/secret; cat {{ playbook_dir }}/secret >&2; exit 1
      no_log: true
      ignore_errors: true
    - name: retry
      ansible.builtin.command: cat {{ playbook_dir }}/secret
      register: read
      until: false
      retries: 1
      delay: 0
      no_log: true
      ignore_errors: true
    - name: loop
      ansible.builtin.command: sh -c "cat {{ playbook_dir }}/secret >&2; exit 1"
      loop: [1, 2]
      no_log: true
      ignore_errors: true
    - name: tell
      ansible.builtin.debug:
        msg: "{{ read.stdout }}"
      no_log: true
    - name: template
      ansible.builtin.copy:
        content: "{{ lookup('ansible.builtin.file', playbook_dir ~ '/secret') }}"
        dest: /nonexistent/folder/file
        mode: "0600"
      no_log: "{{ true }}"
      diff: false
"""), verbosity)
    assert done.code == 2
    assert {event["message"] for event in done.of("task.failed")} == {"output hidden (no_log)"}
    assert len(done.of("task.failed")) == 4
    assert SECRET not in done.raw.decode()
    assert SECRET not in done.errors


def test_the_runs_own_secrets_are_masked_without_no_log(job):
    (job / "token").write_text(SECRET + "\n", encoding="utf-8")
    (job / "env").write_text('# keys\nPROVIDER_KEY="sk-planted-9876543210"\nSHORT=x\n', encoding="utf-8")
    (job / "vars.json").write_text(json.dumps({
        "agent_gateway_token_file": f"{job}/token", "agent_environment_file": f"{job}/env",
        "tailnet_auth_key_file": f"{job}/absent", "host_key_file": ""}), encoding="utf-8")
    done = run(job, task("""
    - name: leak {{ lookup('ansible.builtin.file', playbook_dir ~ '/token') }}
      ansible.builtin.shell: echo "rejected $(cat {{ playbook_dir }}/token {{ playbook_dir }}/env)" >&2; exit 1
      ignore_errors: true
    - name: cut
      ansible.builtin.shell: cat {{ playbook_dir }}/token >&2; head -c 655 /dev/zero | tr '\\0' x >&2; exit 1
      ignore_errors: true
    - name: stats
      ansible.builtin.set_stats:
        data: {aura: {said: "{{ lookup('ansible.builtin.file', playbook_dir ~ '/env') }}", odd: .nan}}
"""), "-e", f"@{job}/vars.json")
    text = done.raw.decode()
    assert SECRET not in text
    assert "sk-planted-9876543210" not in text
    assert SECRET[-9:] not in text
    assert "rejected ********" in done.of("task.failed")[0]["message"]
    assert done.recap["data"]["aura"]["odd"] is None
    assert "********" in done.recap["data"]["aura"]["said"]


def test_odd_bytes_and_escape_sequences_are_cleaned(job):
    done = run(job, task(r"""
    - name: odd
      ansible.builtin.shell: >-
        printf 'a\377\376b \033[31mred\033[0m \033]0;title\007 nul:\000: é 🦞\r\nnext' >&2; exit 3
    """))
    message = done.of("task.failed")[0]["message"]
    assert message.startswith("non-zero return code: a")
    assert message.endswith("é 🦞 next")
    assert "red" in message
    assert not [letter for letter in message if ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000]


def test_very_long_output_is_cut_at_its_start(job):
    done = run(job, task("""
    - name: long
      ansible.builtin.shell: head -c 300000 /dev/zero | tr '\\\\0' 'é' >&2; echo "the end" >&2; exit 1
    - name: never
      ansible.builtin.ping:
"""))
    message = done.of("task.failed")[0]["message"]
    assert message.endswith("the end")
    assert len(message.encode()) <= 2000


def test_data_over_the_line_limit_is_omitted_and_marked(job):
    (job / "token").write_text(SECRET, encoding="utf-8")
    (job / "vars.json").write_text(json.dumps({"host_key_file": f"{job}/token"}), encoding="utf-8")
    done = run(job, task("""
    - name: huge
      ansible.builtin.set_stats:
        data: {aura: {text: "{{ 'x' * 20000 }}{{ lookup('ansible.builtin.file', playbook_dir ~ '/token') }}"}}
"""), "-e", f"@{job}/vars.json")
    assert SECRET not in done.raw.decode()
    assert done.recap["truncated"] is True
    assert done.recap["data"] == {}
    assert done.recap["hosts"]["h1"]["ok"] == 1


def test_a_long_name_is_cut(job):
    done = run(job, task(f"""
    - name: {'n' * 5000}
      ansible.builtin.ping:
"""))
    assert len(done.of("task.start")[0]["task"].encode()) <= 400


def test_lines_are_flushed_during_the_run(job):
    (job / "try.yml").write_text(HEAD + task("""
    - name: wait for the reader
      ansible.builtin.wait_for:
        path: "{{ playbook_dir }}/go"
        timeout: 60
"""), encoding="utf-8")
    with subprocess.Popen(
            [program("ansible-playbook"), "-i", "h1,", job / "try.yml"], env=environment(job), cwd=job,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        seen = [json.loads(child.stdout.readline())["event"] for _ in range(3)]
        assert seen == ["playbook.start", "play.start", "task.start"]
        assert child.poll() is None
        (job / "go").touch()
        assert [json.loads(text)["event"] for text in child.stdout] == ["task.ok", "recap"]
    assert child.returncode == 0


def test_a_run_ends_if_its_output_is_closed(job):
    (job / "try.yml").write_text(HEAD + task("""
    - name: first
      ansible.builtin.ping:
    - name: must not happen
      ansible.builtin.file:
        path: "{{ playbook_dir }}/happened"
        state: touch
        mode: "0600"
"""), encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [program("ansible-playbook"), "-i", "h1,", job / "try.yml"], env=environment(job), cwd=job, stdout=writer,
        stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert done.returncode == -signal.SIGTERM
    assert not (job / "happened").exists()


# A program's last output, its exit code, and the cause and reason that follow from them.
CAUSES = [
    ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812", 100, "transient", "lock"),
    ("E: dpkg was interrupted, you must manually run 'dpkg --configure -a'", 100, "transient", "lock"),
    ("Err:1 http://deb.debian.org/debian x InRelease\n  Temporary failure resolving 'deb.debian.org'", 100,
     "transient", "names"),
    ("npm error code EAI_AGAIN\nnpm error A complete log of this run can be found in: /x", 1, "transient", "names"),
    ("npm error code E503\nnpm error 503 Service Unavailable - GET https://registry.npmjs.org/x", 1,
     "transient", "network"),
    ("npm error code ECONNRESET", 1, "transient", "network"),
    ("npm error code EINTEGRITY", 1, "transient", "registry"),
    ("E: Failed to fetch http://deb.debian.org/x.deb  Hash Sum mismatch", 100, "transient", "registry"),
    ("E: Failed to fetch http://deb.debian.org/x.deb  503  Service Unavailable", 100, "transient", "network"),
    ("curl: (28) Operation timed out after 30000 milliseconds", 28, "transient", "network"),
    ("curl: (7) Failed to connect to x port 443: Connection refused", 7, "transient", "network"),
    ("fork: Cannot allocate memory", 1, "transient", "memory"),
    ("FATAL ERROR: Reached heap limit - JavaScript heap out of memory", 134, "transient", "memory"),
    ("", 137, "transient", "memory"),
    ("Killed", 1, "transient", "memory"),
    ("Terminated", 143, "transient", "killed"),
    ("", 124, "transient", "timeout"),
    ("tar: x: Cannot write: No space left on device\ntar: Exiting with failure status", 2, "unknown", "disk"),
    ("the settings are odd", 3, "unknown", "other"),
]


@pytest.mark.parametrize(("words", "code", "cause", "reason"), CAUSES)
def test_a_failure_names_its_cause(words, code, cause, reason):
    outcome = {"stderr": words, "rc": code, "msg": "non-zero return code"}
    assert callback.cause_of("ansible.builtin.command", outcome)[:2] == (cause, reason)


def test_the_words_field_is_the_line_that_names_the_cause(job):
    done = run(job, task("""
    - name: break
      ansible.builtin.shell: |
        echo "npm error code EAI_AGAIN" >&2
        echo "npm error A complete log of this run can be found in: /x" >&2
        exit 1
"""))
    failed, = done.of("task.failed")
    assert {key: failed[key] for key in ("module", "cause", "reason", "rc", "words")} == {
        "module": "ansible.builtin.shell", "cause": "transient", "reason": "names", "rc": 1,
        "words": "npm error code EAI_AGAIN"}


def test_the_words_are_the_last_output_line_without_error_output(job):
    done = run(job, task("""
    - name: break
      ansible.builtin.shell: echo first; echo "this image wants another login"; exit 4
"""))
    failed, = done.of("task.failed")
    assert failed["words"] == "this image wants another login"
    assert failed["cause"] == "unknown"


@pytest.mark.parametrize("body", [
    "ansible.builtin.assert: {that: false, fail_msg: 'connection refused'}",
    "ansible.builtin.fail: {msg: 'timed out'}",
    "ansible.builtin.validate_argument_spec: {argument_spec: {port: {type: int, required: true}}}",
])
def test_a_failed_check_is_permanent(job, body):
    failed, = run(job, task(f"""
    - name: check
      {body}
""")).of("task.failed")
    assert (failed["cause"], failed["reason"]) == ("permanent", "check")


def test_a_task_can_name_its_cause(job):
    done = run(job, task("""
    - name: wait
      vars: {aura_cause: transient}
      block:
        - name: told
          ansible.builtin.fail: {msg: later}
          ignore_errors: true
    - name: nonsense
      ansible.builtin.fail: {msg: now}
      vars: {aura_cause: perhaps}
"""))
    assert [(event["cause"], event["reason"]) for event in done.of("task.failed")] == [
        ("transient", "told"), ("permanent", "check")]


def test_a_full_disk_is_recognized_in_the_output_of_tar(job):
    """unarchive's own message is "failed to unpack"; tar's output is below `extract_results`."""
    outcome = {"failed": True, "msg": "failed to unpack /x/archive.tgz to /x/tree", "extract_results": {
        "rc": 2, "out": "",
        "err": "tar: lib/a: Cannot write: No space left on device\ntar: Exiting with failure status"}}
    assert callback.cause_of("ansible.builtin.unarchive", outcome) == (
        "unknown", "disk", "tar: lib/a: Cannot write: No space left on device")
    assert callback.code_of(outcome) == 2


def test_a_killed_module_is_transient(job):
    (job / "library").mkdir()
    (job / "library" / "dies.py").write_text(
        "#!/usr/bin/python3\nimport os\n# WANT_JSON\nos.kill(os.getpid(), 9)\n", encoding="utf-8")
    failed, = run(job, task("""
    - name: die
      dies:
""")).of("task.failed")
    assert failed["cause"] == "transient", failed
    assert failed["reason"] in ("memory", "killed")


def test_a_hidden_failure_has_a_cause_and_no_words(job):
    failed, = run(job, task("""
    - name: hide
      ansible.builtin.shell: echo "connection refused planted" >&2; exit 1
      no_log: true
""")).of("task.failed")
    assert failed["cause"] == "unknown"
    assert "words" not in failed
    assert "planted" not in json.dumps(failed)


def test_a_killed_worker_is_reported_as_a_broken_run(job):
    (job / "action_plugins").mkdir()
    (job / "action_plugins" / "dies.py").write_text("""
import os
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        os.kill(os.getpid(), 9)
""", encoding="utf-8")
    done = run(job, task("""
    - name: first
      ansible.builtin.ping:
    - name: die
      dies:
"""))
    assert done.code == 1
    assert done.events[-1] == {
        "event": "run.broken", "cause": "transient", "reason": "worker", "task": "die", "signal": 9,
        "message": "a worker of ansible-playbook was ended by signal 9"}
    assert not done.of("recap")


def test_a_run_with_a_recap_is_not_broken(job):
    assert not run(job, task("""
    - name: break
      ansible.builtin.command: "false"
""")).of("run.broken")


def test_a_check_can_take_its_cause_from_its_message(job):
    done = run(job, task("""
    - name: judged
      vars: {aura_cause: words}
      block:
        - name: passes
          ansible.builtin.fail: {msg: "register request: http 503: no upstream"}
          ignore_errors: true
        - name: nobody knows
          ansible.builtin.fail: {msg: "invalid key: unable to validate API key"}
"""))
    assert [(event["cause"], event["reason"]) for event in done.of("task.failed")] == [
        ("transient", "network"), ("unknown", "other")]
