"""The examples in the documentation: docs/python.md and the docstrings."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import shutil

import pytest

import modelreg

PAGE = "docs/python.md"


def blocks(root, page):
    """Return the Python examples of a page."""
    return re.findall(
        r"^```python\n(.*?)^```$", (root / page).read_text(), re.DOTALL | re.MULTILINE
    )


@pytest.mark.parametrize("page", ["README.md", PAGE])
def test_the_examples_of_a_page_run_one_after_the_other(root, artifacts, capsys, page):
    names: dict[str, object] = {}
    for block in blocks(root, page):
        exec(compile(block, page, "exec"), names)
    printed = capsys.readouterr().out
    expected = re.findall(r"^# prints: (.*)$", "".join(blocks(root, page)), re.MULTILINE)
    assert expected
    assert set(expected) <= set(printed.splitlines())


def test_every_public_name_is_on_the_page_or_documented(root):
    page = (root / PAGE).read_text()
    methods = [name for name in dir(modelreg.Registry) if not name.startswith("_")]
    assert [name for name in methods if not re.search(rf"\b{name}\(", page)] == []
    for name in modelreg.__all__:
        assert name in ("UNSET", "Stage") or getattr(modelreg, name).__doc__


def documented():
    """Return the public functions, methods and classes, each with its docstring."""
    for name in modelreg.__all__:
        if name not in ("UNSET", "Stage"):
            yield name, getattr(modelreg, name)
    drop_in = importlib.import_module("modelreg.manifest")
    for name in ("load_manifest", "save_manifest", "register_model", "promote_model"):
        yield name, getattr(drop_in, name)
    for owner in (modelreg.Registry, drop_in.ModelManifest, drop_in.ModelEntry):
        for name in dir(owner):
            if not name.startswith("_") and callable(getattr(owner, name)):
                yield f"{owner.__name__}.{name}", getattr(owner, name)


@pytest.mark.parametrize(
    ("name", "item"), [pytest.param(*each, id=each[0]) for each in documented()]
)
def test_every_public_name_has_a_docstring_in_one_style(name, item):
    """Headings of NumPy's style: types of parameters, what is returned, and an example."""
    text = inspect.getdoc(item)
    assert text, name
    signature: dict[str, inspect.Parameter] = {}
    if isinstance(item, type) or isinstance(getattr(modelreg, name, None), type):
        needed = {"Examples"}
    else:
        signature = dict(inspect.signature(item).parameters)
        needed = {"Parameters"} if set(signature) - {"self", "cls"} else set()
        if inspect.signature(item).return_annotation != "None":
            needed.add("Returns")
        if "." not in name or name.startswith("Registry."):
            needed.add("Examples")
    found = set(re.findall(r"^(\w+)\n-+$", text, re.MULTILINE))
    assert needed <= found, f"{name}: {needed - found}"
    if "Parameters" in needed:
        for parameter in set(signature) - {"self", "cls"}:
            assert re.search(
                rf"^[\w, *]*\b{parameter}\b[\w, ]* : |^\*\*{parameter}$", text, re.M
            ), f"{name}: {parameter} has no type"


MODULES = [each.name for each in pkgutil.iter_modules(modelreg.__path__) if each.name != "__main__"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_the_docstrings(root, tmp_path, monkeypatch, name):
    module = importlib.import_module(f"modelreg.{name}")
    source = root / "artifacts/registry/manifest.json"
    for number, example in enumerate(doctest.DocTestFinder().find(module)):
        # Each docstring has the example manifest of its own.
        folder = tmp_path / str(number) / "artifacts/registry"
        folder.mkdir(parents=True)
        shutil.copy(source, folder)
        monkeypatch.chdir(tmp_path / str(number))
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        failures, _ = runner.run(example)
        assert failures == 0, example.name


def test_the_example_of_the_package(project):
    assert doctest.testmod(modelreg).failed == 0
