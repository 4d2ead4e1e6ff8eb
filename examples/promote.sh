#!/usr/bin/env bash
# Promotes the newest version of the minutes model to staging and then to production, if it is no
# worse than what is there. Exit code 4: a gate is not met, and nothing has changed.
#
#     examples/promote.sh [MODEL] [METRIC]
set -euo pipefail
model=${1:-minutes_v1_lgbm}
metric=${2:-val_mae}

# The comparison is for people. Nothing is in production before the first promotion (exit code 3).
registry compare "$model" @latest || [ $? -eq 3 ]

registry promote "$model" @latest --stage staging --reason "newest run"
registry promote "$model" @staging --stage prod \
  --from staging \
  --require "$metric <= prod * 1.02" \
  --reason "no more than 2 % worse than production"
