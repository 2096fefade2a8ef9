#!/usr/bin/env bash
# Makes the Python environment in $TEMPER_VENV from requirements.txt, anew when that file changed.
set -euo pipefail
cd "$(dirname "$0")"

stamp=$(sha256sum <requirements.txt)
[[ -f $TEMPER_VENV/.stamp && $(<"$TEMPER_VENV/.stamp") == "$stamp" ]] && exit 0

echo "setup: Python environment in $TEMPER_VENV" >&2
python=/usr/bin/python3.11
[[ -x $python ]] || python=python3.11
rm -rf "$TEMPER_VENV"
"$python" -m venv "$TEMPER_VENV"
"$TEMPER_VENV/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r requirements.txt
echo "$stamp" >"$TEMPER_VENV/.stamp"
