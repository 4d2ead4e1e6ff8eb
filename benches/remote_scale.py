#!/usr/bin/env python3
"""Simulates many writers of one manifest in an object store.

Each writer reads (GET), changes, and writes on the condition that the object is still what it read
(PUT). A writer whose condition fails waits a random time and starts over, as
src/manifest/store/object_store does. The times of requests are options; benches/remote_writers.py
measures them on a test server.

    benches/remote_scale.py --get 5 --put 12                  # as measured on Azurite
    benches/remote_scale.py --get 100 --put 100               # an assumption for S3
    benches/remote_scale.py --get 100 --put 100 --models 100  # one manifest for each of 100 models
"""

import argparse
import heapq
import random
import statistics

FIRST, LONGEST = 0.02, 2.0

# The longest wait after each lost attempt, relative to what the first attempt took. `hump` was used
# before, and `constant` is the simplest one.
LIMITS = {
    "peak": lambda attempt: 8 / 2 ** min(abs(attempt - 2), 4),
    "hump": lambda attempt: 2 ** min(attempt, max(8 - attempt, 0)),
    "constant": lambda attempt: 4,
}


def simulate(per_minute, get, put, minutes, timeout, seed, models=1, limits="peak"):
    """Returns the latencies of the writes that succeeded, the failures and the requests."""
    draw = random.Random(seed)
    versions = [0] * models
    events = []
    count = 0
    time = 0.0
    while time < minutes * 60:
        time += draw.expovariate(per_minute / 60)
        heapq.heappush(events, (time, count, "read", time, 0, 0, draw.randrange(models)))
        count += 1
    latencies, failures, gets, puts = [], 0, 0, 0
    while events:
        now, writer, step, started, attempt, seen, model = heapq.heappop(events)
        if step == "read":
            gets += 1
            # A read returns the object as it is halfway through the request.
            event = (now + get / 2, writer, "seen", started, attempt, 0, model)
        elif step == "seen":
            seen = versions[model]
            event = (now + get / 2 + put / 2, writer, "write", started, attempt, seen, model)
        else:
            puts += 1
            done = now + put / 2
            if versions[model] == seen:
                versions[model] += 1
                latencies.append(done - started)
                continue
            if done - started >= timeout:
                failures += 1
                continue
            limit = min(max(get + put, FIRST) * LIMITS[limits](attempt), LONGEST)
            wait = draw.random() * limit
            event = (done + wait, writer, "read", started, attempt + 1, 0, model)
        heapq.heappush(events, event)
    return latencies, failures, gets, puts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--get", type=float, default=5, help="duration of a GET in milliseconds")
    parser.add_argument("--put", type=float, default=12, help="duration of a PUT in milliseconds")
    parser.add_argument("--models", type=int, default=1, help="manifests that share the writes")
    parser.add_argument("--limits", choices=LIMITS, default="peak", help="of the waits")
    parser.add_argument("--rates", default="10,100,300,600,1000", help="writes per minute")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--timeout", type=float, default=30, help="seconds of --lock-timeout")
    parser.add_argument("--get-price", type=float, default=0.0004, help="dollars for 1,000 GETs")
    parser.add_argument("--put-price", type=float, default=0.005, help="dollars for 1,000 PUTs")
    options = parser.parse_args()
    print("writes/min  done     requests/write  median  99 %    failed  dollars/day")
    for rate in map(int, options.rates.split(",")):
        latencies, failures, gets, puts = simulate(
            rate,
            options.get / 1000,
            options.put / 1000,
            options.minutes,
            options.timeout,
            seed=1,
            models=options.models,
            limits=options.limits,
        )
        total = len(latencies) + failures
        cost = (gets * options.get_price + puts * options.put_price) / 1000
        per_day = cost / options.minutes * 24 * 60
        ordered = sorted(latencies)
        print(
            f"{rate:<10}  {len(latencies) / total:<7.1%}  {(gets + puts) / total:<14.2f}  "
            f"{statistics.median(ordered):<6.2f}  {ordered[int(len(ordered) * 0.99)]:<6.2f}  "
            f"{failures:<6}  {per_day:.2f}"
        )


main()
