#!/usr/bin/env bash
# bench/run.sh [--pairs N] [--seconds S] [SCENARIO...]: Temper beside its peers and its ceilings, on this machine, by
# turns. Scenarios: mlp_against_mlserver, minilm_against_mlserver, minilm_against_onnxruntime, batching, gateway_cost.
# MLServer is optional: bench/peers/setup.sh installs it. Keep the machine quiet meanwhile.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHONDONTWRITEBYTECODE=1
exec "${TEMPER_VENV:-$HOME/.cache/temper/venv}/bin/python" scenarios.py "$@"
