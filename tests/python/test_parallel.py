"""Twelve processes register four versions each, beside the command, and all of them are kept."""

from __future__ import annotations

import multiprocessing
import subprocess

import pytest

from modelreg import Registry, find_binary
from modelreg.manifest import load_manifest, register_model, save_manifest

PROCESSES, EACH = 12, 4


def through_the_client(path, worker):
    for number in range(EACH):
        Registry(path).register(
            "m", f"runs/{worker}/{number}", version=f"w{worker}-{number}", metrics={"n": number}
        )


def through_the_drop_in(path, worker):
    for number in range(EACH):
        manifest = load_manifest(path)
        register_model(
            manifest,
            model_name="m",
            version=f"w{worker}-{number}",
            run_id=f"w{worker}-{number}",
            artifact_path=f"runs/{worker}/{number}",
            metrics={"n": number},
        )
        save_manifest(manifest, path)


WAYS = {"client": through_the_client, "drop-in": through_the_drop_in}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_all_registrations_are_kept(fresh, way, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system does not {method}")
    context = multiprocessing.get_context(method)
    workers = [
        context.Process(target=WAYS[way], args=(fresh.manifest, worker))
        for worker in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    for number in range(EACH):
        subprocess.run(
            [find_binary(), "-m", fresh.manifest, "register", "m"]
            + ["--artifact-path=p", f"--version=command-{number}"],
            check=True,
            capture_output=True,
        )
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    kept = {version.version for version in fresh.versions("m")}
    expected = {f"w{worker}-{number}" for worker in range(PROCESSES) for number in range(EACH)}
    assert kept == expected | {f"command-{number}" for number in range(EACH)}
    assert fresh.check() == []
