# The steps of CI, one by one. `just` runs all of them.

ci:
    .ci/run

format:
    cargo fmt --all

lint:
    .ci/run lint

document:
    .ci/run document

spell:
    .ci/run spell

library:
    .ci/run library

# Builds the binary of a release and tries it.
release:
    .ci/run release

# Builds the wheel and runs the Python tests against it.
python:
    .ci/run python

test:
    .ci/run tests

# Checks licences, sources and advisories. Needs cargo-deny and the network.
deny:
    cargo deny check

# Runs the tests that take longer: for minutes at random, and with a table of time and memory.
long minutes="10":
    tests/soak.sh {{minutes}}
    cargo test --release --test faults -- --ignored --nocapture limits::table

# Renews the output in README, docs and the transcripts.
transcripts:
    REGISTRY_TEST_UPDATE=1 cargo test --test cli
