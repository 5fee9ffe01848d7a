"""systemd's own rating of how far the units are confined: 0 is closed, 10 is open."""

from __future__ import annotations

import re
import shutil
import subprocess

import jinja2
import pytest
from conftest import TREE

VALUES = {
    "agent_runtime_name": "openclaw", "agent_runtime_home": "/var/lib/openclaw", "agent_runtime_etc": "/etc/openclaw",
    "agent_runtime_heap": 512, "agent_runtime_program": "/bin/true", "agent_runtime_port": 18789,
    "agent_runtime_memory_max": "85%", "agent_runtime_tasks_max": 512, "agent_runtime_restrict_namespaces": True,
}


@pytest.mark.parametrize(("template", "limit"), [
    ("agent_runtime/templates/agent.service.j2", 1.5), ("base/templates/aura-metadata-filter.service.j2", 2.8)])
def test_a_unit_stays_within_its_exposure_limit(tmp_path, template, limit):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    text = (TREE / "roles" / template).read_text(encoding="utf-8")
    unit = tmp_path / "unit.service"
    unit.write_text(jinja2.Template(text, undefined=jinja2.StrictUndefined).render(VALUES), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)], capture_output=True, text=True, timeout=60,
        check=False)
    score = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert score, done.stdout + done.stderr
    assert float(score[1]) <= limit, done.stdout
