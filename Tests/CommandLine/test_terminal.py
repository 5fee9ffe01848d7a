"""The progress display at a terminal: redrawn in place, removed at the end, at ^C and at ^Z."""

import signal
import threading

import pytest

from daemon import Refusal, Stream
from samples import JOB, event, failure_events, instance, job, plan, provision_events, running, step

PROVISION = ["provision", "ada", "--region", "eu-central", "--size", "small", "--watch"]


class Steps:
    """Releases events one by one, as the test requires."""

    def __init__(self):
        self.permits = threading.Semaphore(0)

    def __call__(self, event):
        if not self.permits.acquire(timeout=20):
            raise OSError("the test let no more events out")

    def let(self, count):
        self.permits.release(count)


@pytest.fixture
def steps():
    steps = Steps()
    yield steps
    steps.let(10_000)


@pytest.fixture
def accepted(daemon):
    """A daemon that accepts a provision and knows its plan."""
    whole = job(steps=plan())
    daemon.on("provision", {"instance": instance(), "job": job()}).on("job.get", {"job": whole})
    daemon.on("status.get", {"instance": running()})
    return daemon


def shows(*texts):
    return lambda screen: all(text in screen.text for text in texts)


def position(events, type, step):
    """Returns the number of events up to and including this one."""
    return next(n for n, e in enumerate(events, 1) if e["type"] == type and e.get("step") == step)


def test_the_frame_is_redrawn_in_place(terminal, accepted, steps):
    events = provision_events()
    accepted.on("status.subscribe", Stream(events, before=steps))
    screen = terminal(*PROVISION)
    screen.until(shows("provision ada", "  0 %", "· provisioning          about 0:42", "· configuring           about 1:00"))
    reached = position(events, "step.progress", "server.create")
    steps.let(reached)
    screen.until(shows("✓ queued", "✓ credentials.make", "creating cx23 in nbg1", "  2 %", " of about 0:42"))
    assert screen.screen.cursor_hidden
    assert screen.screen.text.count("provisioning") == 1
    before = screen.screen.redraws
    screen.until(lambda screen: screen.redraws > before + 3)
    steps.let(len(events) - reached)
    assert screen.wait() == 0
    lines = screen.screen.lines
    assert lines[0].startswith("✓ provision ada  ") and lines[0].endswith(f"  job {JOB}")
    assert lines[1] == "█" * 40 + " 100 %"
    assert [line.split()[:2] for line in lines[2:7]] == [
        ["✓", name] for name in ["queued", "provisioning", "configuring", "networking", "running"]]
    assert lines[7:] == ["provision succeeded after 24 s", "ada is running: 203.0.113.10  aura-ada.tail1.ts.net"]
    assert not screen.screen.cursor_hidden


def test_redrawing_leaves_no_repeated_lines(terminal, accepted, steps):
    events = provision_events()
    accepted.on("status.subscribe", Stream(events, before=steps))
    screen = terminal(*PROVISION)
    for _ in events:
        steps.let(1)
        before = screen.screen.redraws
        screen.until(lambda screen: screen.redraws > before)
    assert screen.wait() == 0
    for line in screen.screen.lines:
        assert screen.screen.lines.count(line) == 1, screen.screen.text


def test_a_flood_of_events_does_not_redraw_the_frame_for_each_event(terminal, accepted, steps):
    flood = [event(2 + n, "step.progress", f"line {n}", step="server.create", phase="provisioning") for n in range(2000)]
    accepted.on("status.subscribe", Stream([provision_events()[0], *flood], then="hold"))
    screen = terminal(*PROVISION)
    screen.until(shows("line 1999"))
    assert screen.screen.redraws < 200, "a redraw for every event"


def test_a_failure_shows_the_undone_steps(terminal, accepted):
    accepted.on("status.subscribe", Stream(failure_events()))
    screen = terminal(*PROVISION)
    assert screen.wait() == 1
    text = screen.screen.text
    assert "✗ provision ada" in text and "✗ provisioning" in text
    assert "  ↶ server.create       undone" in text and "  ↶ credentials.make    undone" in text
    assert "provision failed after 15 s: no cx23 is left" in text
    assert "aura: cannot provision ada:" in text
    assert not screen.screen.cursor_hidden


def test_an_interrupt_detaches_without_cancelling_the_job(terminal, accepted, steps):
    accepted.on("status.subscribe", Stream(provision_events(), before=steps))
    screen = terminal(*PROVISION, columns=200)
    steps.let(5)
    screen.until(shows("credentials.make"))
    screen.interrupt()
    assert screen.wait() == 130
    assert screen.screen.lines[-1] == (
        f"aura: detached, what was begun goes on; follow it again with: aura watch --job {JOB}")
    assert not screen.screen.cursor_hidden
    assert "job.cancel" not in accepted.methods()


def test_stopping_the_process_restores_the_cursor(terminal, accepted, steps):
    accepted.on("status.subscribe", Stream(provision_events(), before=steps))
    screen = terminal(*PROVISION)
    screen.until(lambda screen: screen.cursor_hidden and "provision ada" in screen.text)
    screen.signal(signal.SIGTSTP)
    screen.until_stopped()
    screen.until(lambda screen: not screen.cursor_hidden)
    screen.signal(signal.SIGCONT)
    screen.until(lambda screen: screen.cursor_hidden)
    steps.let(1000)
    assert screen.wait() == 0
    assert "ada is running" in screen.screen.text


def test_lines_are_cut_to_the_width_of_a_narrow_terminal(terminal, accepted):
    events = provision_events()
    events[8]["message"] = "a message that is far too long for such a terminal " * 3
    accepted.on("status.subscribe", Stream(events))
    screen = terminal(*PROVISION, columns=30)
    assert screen.wait() == 0
    frame = screen.screen.lines
    assert frame[0].startswith("✓ provision ada") and frame[0].endswith("…") and len(frame[0]) <= 29
    assert frame[1].endswith("100 %") and len(frame[1]) <= 29


def test_a_low_terminal_shows_the_running_step(terminal, accepted, steps):
    events = provision_events()
    accepted.on("status.subscribe", Stream(events, before=steps))
    screen = terminal(*PROVISION, rows=6)
    steps.let(position(events, "step.progress", "server.create"))
    screen.until(shows("provision ada", "provisioning", "server.create", "creating cx23 in nbg1"))
    assert len(screen.screen.lines) <= 5
    steps.let(1000)
    assert screen.wait() == 0


def test_a_resize_is_followed(terminal, accepted, steps):
    accepted.on("status.subscribe", Stream(provision_events(), before=steps))
    screen = terminal(*PROVISION, columns=100)
    screen.until(shows(f"job {JOB}"))
    screen.resize(60, 24)
    screen.until(lambda screen: any(line.endswith("…") for line in screen.lines))
    assert max(len(line) for line in screen.screen.lines) <= 59
    screen.resize(100, 24)
    screen.until(shows(f"job {JOB}"))
    steps.let(1000)
    assert screen.wait() == 0


def test_no_color_disables_colour(terminal, accepted):
    accepted.on("status.subscribe", Stream(provision_events()))
    coloured = terminal(*PROVISION)
    assert coloured.wait() == 0 and coloured.screen.colors > 0
    plain = terminal(*PROVISION, NO_COLOR="1")
    assert plain.wait() == 0 and plain.screen.colors == 0
    assert plain.screen.lines[-1] == "ada is running: 203.0.113.10  aura-ada.tail1.ts.net"


def test_a_dumb_terminal_gets_lines(terminal, accepted):
    accepted.on("status.subscribe", Stream(provision_events()))
    screen = terminal(*PROVISION, TERM="dumb", columns=200)
    assert screen.wait() == 0
    assert "\x1b" not in screen.raw
    assert len(screen.screen.lines) == 1 + len(provision_events())


def test_a_terminal_without_utf8_gets_ascii(terminal, accepted):
    accepted.on("status.subscribe", Stream(provision_events()))
    screen = terminal(*PROVISION, LANG="C")
    assert screen.wait() == 0
    assert screen.raw.isascii()
    assert screen.screen.lines[1] == "#" * 40 + " 100 %"


def test_json_output_at_a_terminal_has_no_escape_sequences(terminal, accepted):
    accepted.on("status.subscribe", Stream(provision_events()))
    screen = terminal(*PROVISION, "--json", columns=2000)
    assert screen.wait() == 0
    assert "\x1b" not in screen.raw and len(screen.screen.lines) == 1 + len(provision_events())


def test_escape_sequences_of_a_message_are_not_written(terminal, accepted, steps):
    events = provision_events()
    evil = "\x1b[2J\x1b]0;owned\x07evil"
    events.insert(9, event(9.5, "step.progress", evil, step="server.create", phase="provisioning"))
    for number, entry in enumerate(events, 1):
        entry["seq"] = number
    accepted.on("status.subscribe", Stream(events, before=steps))
    screen = terminal(*PROVISION)
    steps.let(10)
    screen.until(shows("evil"))
    assert "\x1b[2J" not in screen.raw and "\x1b]" not in screen.raw
    steps.let(1000)
    assert screen.wait() == 0


def test_a_lost_connection_shows_in_the_frame(terminal, accepted):
    events = provision_events()

    accepted.on("status.subscribe", Stream(events[:6], then="hold"), Stream(events[6:]))
    screen = terminal(*PROVISION)
    screen.until(shows("✓ credentials.make"))
    accepted.stop()
    screen.until(shows("the connection is lost, trying again for "))
    accepted.listen()
    assert screen.wait() == 0
    assert "connection is lost" not in screen.screen.text
    assert screen.screen.lines[-1].startswith("ada is running")
    assert accepted.params("status.subscribe")[1]["from"] == 6


def test_watching_an_instance_shows_its_running_job(terminal, accepted, steps):
    working = [step("credentials.make", "done"), step("server.create", "intent"), *plan()[3:]]
    whole = job(state="running", steps=working)
    accepted.on("status.get", {"instance": instance(phase="provisioning"), "job": job(state="running")})
    accepted.on("job.get", {"job": whole})
    later = [e for e in provision_events() if e["seq"] > 12]
    accepted.on("status.subscribe", Stream(later, before=steps, then="hold"))
    screen = terminal("watch", "ada")
    screen.until(shows("provision ada", "✓ credentials.make", " server.create"))
    steps.let(1000)
    screen.until(shows("✓ provision ada", "provision succeeded", "waiting for what becomes of ada"))
    screen.interrupt()
    assert screen.wait() == 130
    assert not screen.screen.cursor_hidden


def test_watching_an_instance_shows_its_jobs_in_order(terminal, accepted):
    def job_of(params):
        kind = "suspend" if params["job"] == "j2" else "resume"
        steps = [step("server.stop" if kind == "suspend" else "server.start", phase=f"{kind}ing", expected=10)]
        return {"job": {**job(kind, steps=steps), "id": params["job"]}}

    events = [
        event(1, "job.queued", "suspend of ada is queued", job="j2"),
        event(2, "step.started", "server.stop", job="j2", step="server.stop", phase="suspending"),
        event(3, "step.done", "server.stop took 1 s", job="j2", step="server.stop", phase="suspending"),
        event(4, "job.succeeded", "suspend succeeded after 3 s", job="j2", phase="suspended"),
        event(5, "job.queued", "resume of ada is queued", job="j3"),
        event(6, "job.failed", "resume failed after 1 s: the machine is gone", job="j3", phase="degraded"),
    ]
    accepted.on("job.get", job_of).on("status.get", {"instance": running()}).on("status.subscribe", Stream(events))
    screen = terminal("watch", "ada", "--until", "terminal")
    assert screen.wait() == 1
    text = screen.screen.text
    assert text.index("✓ suspend ada") < text.index("✓ suspended") < text.index("✗ resume ada")
    assert "resume failed after 1 s: the machine is gone" in text


def test_a_refused_job_get_does_not_end_the_watch(terminal, accepted):
    accepted.on("job.get", Refusal(-32021, "jobNotFound", "no job has that id"))
    accepted.on("status.subscribe", Stream(provision_events()))
    screen = terminal(*PROVISION)
    assert screen.wait() == 0
    assert "✓ provision ada" in screen.screen.text and "✓ networking" in screen.screen.text


def test_a_table_at_a_terminal_has_colours(terminal, daemon):
    daemon.on("status.list", {"instances": [running()]})
    screen = terminal("list", columns=120)
    assert screen.wait() == 0
    assert screen.screen.lines[0].startswith("NAME") and screen.screen.lines[1].startswith("ada")
    assert screen.screen.colors > 0
