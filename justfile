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

test:
    .ci/run tests

# Checks licences, sources and advisories. Needs cargo-deny and the network.
deny:
    cargo deny check

# Runs the tests that take longer: for minutes at random, and with a table of time and memory.
long minutes="10":
    tests/soak {{minutes}}
    cargo test --release --test sizes -- --ignored --nocapture table

# Renews the output in README, docs and the transcripts.
transcripts:
    TRYCMD=overwrite cargo test --test cli
