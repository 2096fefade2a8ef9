#!/usr/bin/env bash
# Installs the peer that bench/run.sh compares Temper with, MLServer, in ~/.cache/temper/peers. Optional: without it
# the comparison says that it was left out.
set -euo pipefail
venv=${TEMPER_PEERS:-$HOME/.cache/temper/peers}
[[ -x $venv/bin/mlserver ]] && exit 0
echo "bench: MLServer in $venv" >&2
python=/usr/bin/python3.11
[[ -x $python ]] || python=python3
"$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check mlserver==1.7.1 onnxruntime==1.32.0 setuptools
