"""A trainer that takes no lock: reads the manifest, and some time later dumps it in place.

dumper.py MANIFEST ROUNDS SEED

For each round prints one line of JSON: when it began to read, when it had dumped, and the versions
of model `a` that it had read.
"""

import json
import random
import sys
import time

path, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
choices = random.Random(seed)
for number in range(rounds):
    started = time.time_ns()
    with open(path) as file:
        document = json.load(file)
    seen = [version["version"] for version in document["models"]["a"]["versions"]]
    document["dumps"] = "x" * choices.randrange(20)
    time.sleep(choices.random() * 0.004)
    with open(path, "w") as file:
        json.dump(document, file, indent=2)
    print(json.dumps({"started": started, "ended": time.time_ns(), "seen": seen}), flush=True)
    time.sleep(choices.random() * 0.03)
