"""The client in a real Jupyter kernel."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from modelreg import Registry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="interrupts and locks of POSIX")


@pytest.fixture
def jupyter(root):
    """Return a function that runs notebook.py."""

    def run(*arguments):
        script = root / "tests/python/notebook.py"
        ran = subprocess.run(
            [sys.executable, script, *arguments], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout.splitlines()[-1])

    return run


def test_a_notebook_registers_promotes_and_shows_a_table(project, jupyter):
    _, registered, promoted, together, table, failed = jupyter(
        "run",
        "from modelreg import Registry, register_run\nregistry = Registry()",
        "register_run('minutes_v1_lgbm', 's3://runs/1', run_id='r1', metrics={'val_mae': 3.4})",
        "registry.promote('minutes_v1_lgbm', 'r1', 'prod', require=['val_mae <= prod']).replaced",
        # A cell runs inside an event loop.
        "import asyncio\n"
        "await asyncio.gather(*(asyncio.to_thread(registry.get, 'minutes_v1_lgbm') for _ in '12'))",
        "registry.to_dataframe('minutes_v1_lgbm')[['stage', 'metrics.val_mae']]",
        "registry.production('missing')",
    )
    assert registered[0]["text"] == "[registry] Registered minutes_v1_lgbm vr1 (stage=dev)\n"
    assert "Version(model='minutes_v1_lgbm', version='r1'" in registered[1]["data"]["text/plain"]
    assert promoted[0]["data"]["text/plain"] == "'20251205T061430Z'"
    assert together[0]["data"]["text/plain"].count("version='r1'") == 2
    assert "<table" in table[0]["data"]["text/html"]
    assert failed[0]["ename"] == "NotFound"
    assert "is not in the manifest" in failed[0]["evalue"]
    assert Registry().production("minutes_v1_lgbm").version == "r1"


def test_an_interrupted_cell_leaves_nothing_half_written(fresh, jupyter):
    fresh.register("m", "p", version="1")
    found = jupyter("interrupt", fresh.manifest)
    assert found == {"ename": "KeyboardInterrupt", "versions": 1, "after": "ok"}
    assert [version.version for version in fresh.versions("m")] == ["1", "3"]
