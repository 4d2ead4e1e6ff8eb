"""The client and the drop-in on an object store: moto, with its requests under one lock."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import uuid
from pathlib import Path

import pytest

from modelreg import AlreadyRegistered, GateNotMet, Registry, RegistryError, find_binary
from modelreg.manifest import load_manifest, promote_model, register_model, save_manifest

SERVERS = os.environ.get("REGISTRY_TEST_SERVERS", "")
PYTHON = Path(SERVERS, "moto/bin/python")
HAS_STORES = (
    b"remote_not_built"
    not in subprocess.run(
        [
            find_binary(),
            "list",
            "--json",
            "--lock-timeout=0",
            "-m",
            "s3+http://127.0.0.1:1/b/m.json",
        ],
        capture_output=True,
        env={**os.environ, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"},
    ).stderr
)
pytestmark = [
    pytest.mark.skipif(not HAS_STORES, reason="the command was built without object stores"),
    pytest.mark.skipif(
        not SERVERS or not PYTHON.exists(),
        reason="REGISTRY_TEST_SERVERS has no moto; .ci/remote installs it",
    ),
]


@pytest.fixture(scope="module")
def endpoint(request):
    """Start moto, and return the URL of its bucket."""
    script = request.config.rootpath / "tests/remote/moto_server.py"
    pipe = subprocess.PIPE
    server = subprocess.Popen(
        [PYTHON, script], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    )
    port = server.stdout.readline().split()[-1]
    yield f"s3+http://127.0.0.1:{port}/bucket"
    server.communicate(timeout=60)  # it ends when its standard input does


@pytest.fixture
def url(endpoint, monkeypatch, tmp_path):
    """Return the URL of a manifest that does not exist yet."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    return f"{endpoint}/{uuid.uuid4()}/registry/manifest.json"


def add(manifest, version):
    """Register a version in memory, as the trainers do it."""
    return register_model(
        manifest,
        model_name="m",
        version=version,
        run_id=version,
        artifact_path=f"s3://models/{version}",
        metrics={"val_mae": 3.5},
    )


def test_the_client(url):
    registry = Registry(url)
    assert registry.models() == []
    registry.register("m", "s3://models/1", version="1", metrics={"val_mae": 3.5})
    registry.promote("m", "1", "prod", reason="first")
    assert registry.production("m").artifact_path == registry.path("m") == "s3://models/1"
    assert [each.state for each in registry.verify()] == ["not_local"]
    assert registry.check() == []
    with pytest.raises(AlreadyRegistered):
        registry.register("m", "s3://models/other", version="1")
    change = registry.transaction()
    change.register("m", "s3://models/2", version="2", metrics={"val_mae": 3.6})
    change.promote("m", "2", "prod", require=["val_mae < prod"])
    with pytest.raises(GateNotMet) as error, change:
        pass
    assert error.value.verdicts[0].limit == 3.5
    assert len(registry.versions("m")) == 1


def test_the_digest_of_an_object(url):
    registry = Registry(url)
    assert registry.register("m", url, version="1").artifact_digest is None
    found = registry.register("m", url, version="2", digest=True)
    assert found.artifact_digest.startswith("sha256:")
    assert found.artifact_size > 0
    with registry.transaction() as change:
        change.register("m", url, version="3", digest=True)
    assert registry.get("m", "3").artifact_size > found.artifact_size
    with pytest.raises(RegistryError) as error:
        registry.register("m", f"{url}.missing", version="4", digest=True)
    assert error.value.kind == "artifact_unreadable"


def test_the_drop_in(url):
    assert load_manifest(url).models == {}
    manifest = load_manifest(url)
    add(manifest, "1")
    promote_model(manifest, "m", "1", "prod")
    save_manifest(manifest, url)
    loaded = load_manifest(url)
    assert loaded.models["m"].current_prod == "1"
    Registry(url).register("m", "s3://models/theirs", version="theirs")
    add(loaded, "mine")
    save_manifest(loaded, url)
    names = [version.version for version in Registry(url).versions("m")]
    assert names == ["1", "theirs", "mine"]
    assert load_manifest(url).models["m"].get_version("mine").metrics == {"val_mae": 3.5}


def test_a_manifest_is_copied_into_a_bucket_and_back(url, root, tmp_path):
    source = root / "artifacts/registry/manifest.json"
    manifest = load_manifest(source)
    save_manifest(manifest, url)
    add(manifest, "new")
    save_manifest(manifest, url)
    assert [version.version for version in Registry(url).versions("m")] == ["new"]
    back = tmp_path / "back.json"
    save_manifest(load_manifest(url), back)
    before, after = json.loads(source.read_text()), json.loads(back.read_text())
    del after["models"]["m"]
    assert after["models"] == before["models"]


def test_a_copy_over_another_manifest_adds_to_it(url, root):
    Registry(url).register("theirs", "p", version="1")
    save_manifest(load_manifest(root / "artifacts/registry/manifest.json"), url)
    assert [model.name for model in Registry(url).models()] == [
        *("theirs", "minutes_v1_lgbm", "fpts_v1_lgbm", "rates_v1_lgbm")
    ]
    assert Registry(url).get("minutes_v1_lgbm").artifact_digest.startswith("sha256:")


def test_concurrent_saves_are_all_kept(url):
    def work(worker):
        for number in range(3):
            manifest = load_manifest(url)
            add(manifest, f"w{worker}-{number}")
            save_manifest(manifest, url)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = {version.version for version in Registry(url).versions("m")}
    assert kept == {f"w{worker}-{number}" for worker in range(4) for number in range(3)}


def test_a_store_that_does_not_answer_is_an_error_and_not_an_empty_manifest(url):
    gone = "s3+http://127.0.0.1:1/bucket/registry/manifest.json"
    with pytest.raises(RegistryError) as error:
        Registry(gone, lock_timeout=1).models()
    assert error.value.kind == "unreachable"
    assert error.value.details["url"] == gone
    with pytest.raises(RegistryError) as error:
        load_manifest(url.replace("/bucket/", "/missing/"))
    assert error.value.kind == "no_bucket"
