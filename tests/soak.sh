#!/usr/bin/env bash
# Runs the soak test for so many minutes; 2 unless said otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
export REGISTRY_SOAK_MINUTES="${1:-2}"
exec cargo test --locked --test faults -- --ignored --exact soak
