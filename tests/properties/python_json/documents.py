"""The oracle of the suite `python_json`: Python's own json module.

documents.py write SEED COUNT FOLDER   writes COUNT random manifests as json.dump does
documents.py check FOLDER              each NAME.new must be what Python makes of NAME.json

A manifest is called NUMBER-STYLE.json; the style is how it was written.
"""

import json
import re
import math
import random
import sys
from pathlib import Path

NOW = "2025-12-16T05:00:00.000001+00:00"

STYLES = {
    "ascii": dict(indent=2),
    "raw": dict(indent=2, ensure_ascii=False),
    "newline": dict(indent=2),
    "crlf": dict(indent=2),
    "wide": dict(indent=4),
    "tab": dict(indent="\t"),
    "line": dict(),
}


def dump(document, style):
    text = json.dumps(document, **STYLES[style])
    if style == "newline":
        text += "\n"
    if style == "crlf":
        text = text.replace("\n", "\r\n")
    return text.encode("utf-8")


CHARACTERS = [
    "a", "b", "Z", "0", " ", "/", "\\", '"', "'", "\n", "\r", "\t", "\b", "\f", "\0", "\x01",
    "\x1f", "\x7f", "\x80", "\u00e9", "\u00fc", "\u4e2d", "\u2028", "\ufeff", "\ufffd", "\uffff",
    "\U0001f600", "\U0001f468\u200d\U0001f469", "\U0010ffff", "<<<<<<< ", "\\u0041", "{}", "[",
]

FLOATS = [
    0.0, -0.0, 1.0, 1e-05, 1e-06, 1e-07, 1e16, 1e22, 1e23, 5e-324, 2.2250738585072014e-308,
    1.7976931348623157e308, 0.1, 0.9073038322028689, 123456789.123456789, 1e15, 123456789012345680.0,
    math.nan, math.inf, -math.inf,
]

INTEGERS = [0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**23, 10**300]

FIELDS = [
    "created_at", "promoted_at", "training_start", "training_end", "feature_schema_version",
    "feature_hash", "description",
]


class Writer:
    """Random documents that are manifests."""

    def __init__(self, seed, surrogates):
        self.random = random.Random(seed)
        self.surrogates = surrogates

    def chance(self, share):
        return self.random.random() < share

    def text(self):
        characters = CHARACTERS + (["\ud800", "\udce9", "\udfff"] if self.surrogates else [])
        return "".join(self.random.choices(characters, k=self.random.randrange(8)))

    def number(self):
        kind = self.random.randrange(5)
        if kind == 0:
            return self.random.choice(FLOATS)
        if kind == 1:
            return self.random.choice(INTEGERS)
        if kind == 2:
            return self.random.random()
        if kind == 3:
            return self.random.uniform(-1, 1) * 10.0 ** self.random.randrange(-320, 308)
        return self.random.randrange(-(10**6), 10**6)

    def value(self, depth=0):
        kind = self.random.randrange(6 if depth < 4 else 4)
        if kind == 0:
            return self.random.choice([None, True, False])
        if kind == 1:
            return self.text()
        if kind < 4:
            return self.number()
        count = self.random.randrange(4)
        if kind == 4:
            return [self.value(depth + 1) for _ in range(count)]
        return {self.text(): self.value(depth + 1) for _ in range(count)}

    def mixed(self, known):
        """These fields in some order, with unknown ones among them."""
        fields = list(known.items())
        for _ in range(self.random.choice([0, 0, 1, 2])):
            key = self.random.choice(["owner", "tags", "x" + self.text()])
            if key not in known:
                fields.append((key, self.value()))
        if self.chance(0.3):
            self.random.shuffle(fields)
        return dict(fields)

    def name(self, index):
        return f"{index}" + self.random.choice(["", "", "_2025", "\u00e9", "\U0001f600", '"', " \\"])

    def version(self, index):
        name = self.name(index)
        known = {"version": name, "run_id": "r" + name, "artifact_path": "runs/" + name}
        if self.chance(0.8):
            known["stage"] = self.random.choice(["dev", "staging", "prod"])
        for field in FIELDS:
            if self.chance(0.7):
                known[field] = None if self.chance(0.3) else self.text()
        if self.chance(0.9):
            metrics = range(self.random.randrange(5))
            known["metrics"] = {
                f"m{i}" + self.text(): None if self.chance(0.1) else self.number() for i in metrics
            }
        return self.mixed(known)

    def model(self, name):
        known = {"name": name}
        if self.chance(0.9):
            known["versions"] = [self.version(i) for i in range(self.random.randrange(4))]
        names = [version["version"] for version in known.get("versions", [])]
        for pointer in ["current_prod", "current_staging"]:
            if self.chance(0.9):
                known[pointer] = self.random.choice(names + [None])
        return {} if self.chance(0.05) else self.mixed(known)

    def document(self):
        if self.chance(0.02):
            return {}
        known = {}
        if self.chance(0.9):
            known["schema_version"] = "1.0.0"
        if self.chance(0.9):
            known["updated_at"] = self.random.choice([None, "2025-12-15T15:47:17.183906+00:00"])
        # A document without models is not a manifest, and is not changed.
        names = [self.name("m" + str(i)) for i in range(self.random.randrange(4))]
        known["models"] = {name: self.model(name) for name in names}
        return self.mixed(known)


def write(seed, count, folder):
    styles = ["ascii"] * 6 + ["raw"] * 3 + [style for style in STYLES if style not in ("ascii", "raw")]
    for number in range(count):
        style = styles[number % len(styles)]
        # A text with half a character cannot be written as UTF-8, only escaped.
        writer = Writer(seed * count + number, surrogates=style != "raw" and number % 3 == 0)
        path = Path(folder) / f"{number:03}-{style}.json"
        path.write_bytes(dump(writer.document(), style))


def changed(document):
    """What the suite does to each manifest, as a Python program would do it: it registers the
    version `new` of the first model and promotes the model's first version to prod."""
    models = document.setdefault("models", {})
    name = next(iter(models), "fresh")
    model = models.setdefault(
        name, {"name": name, "versions": [], "current_prod": None, "current_staging": None}
    )
    versions = model.setdefault("versions", [])
    versions.append({
        "version": "new", "run_id": "run \u00e9", "artifact_path": "runs/new", "stage": "dev",
        "created_at": NOW, "promoted_at": None, "training_start": None,
        "training_end": "2025-06-30", "feature_schema_version": None, "feature_hash": None,
        "metrics": {"small": 1e-07, "val": 0.9073038322028689, "big": 2**64, "nan": None},
        "description": "caf\u00e9 \U0001f600 \x7f \n",
    })
    document["updated_at"] = NOW
    moved = versions[0]
    # A random manifest may name it as current in staging as well, where it then is no longer.
    elsewhere = model.get("current_staging") == moved["version"]
    there = model.get("current_prod") == moved["version"] and moved.get("stage") == "prod"
    if there and not elsewhere:
        return document
    replaced = model.get("current_prod")
    event = {
        "at": NOW, "action": "promote", "version": moved["version"],
        "from": moved.get("stage", "dev"), "to": "prod",
        "replaced": replaced if replaced != moved["version"] else None,
        "by": None, "reason": None,
    }
    before = moved.get("promoted_at")
    if isinstance(before, str) and re.match(r"\d{4}-\d\d-\d\d[T ]", before):
        # There was no history to tell of it, and the time is overwritten.
        event["promoted_before"] = before
    moved["stage"] = "prod"
    moved["promoted_at"] = NOW
    if model.get("current_staging") == moved["version"]:
        model["current_staging"] = None
    model["current_prod"] = moved["version"]
    model.setdefault("history", []).append(event)
    return document


def check(folder):
    count = 0
    for path in sorted(Path(folder).glob("*.json")):
        style = path.stem.split("-")[1]
        before = path.read_bytes()
        if not json.loads(before):
            # An empty document shows no more of its style than its end.
            style = "newline" if style == "newline" else "ascii"
        if style == "raw" and before.isascii() and b"\x7f" not in before:
            # Nothing in such a file shows that it was written without ensure_ascii.
            style = "ascii"
        expected = dump(changed(json.loads(before)), style)
        found = path.with_suffix(".new").read_bytes()
        if found != expected:
            at = next((i for i, pair in enumerate(zip(found, expected)) if pair[0] != pair[1]), -1)
            around = slice(max(at - 200, 0), at + 100)
            sys.exit(f"{path.name} differs at byte {at}:\n{found[around]}\nexpected\n{expected[around]}")
        count += 1
    print(count)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        check(sys.argv[2])
