#!/usr/bin/env bash
# Scores with the model in production, which is all that the scorer has to know.
set -euo pipefail
MODEL_PATH=$(registry production minutes_v1_lgbm)
export MODEL_PATH
exec python "$(dirname "$0")/score_path.py"
