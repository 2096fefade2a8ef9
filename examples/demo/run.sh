#!/usr/bin/env bash
# The demo: the flights that left New York in 2013. Trains on January, serves the model, replays February to December through
# the gateway in the order of time, and prints how good the answers were, what drifted and when, how fast the answers came,
# and what batching gives.
# Everything runs on free loopback ports in a temporary folder and is stopped at the end.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
temper=${TEMPER_BIN:-$root/build/release/temper}
deps=${TEMPER_DEPS:-$HOME/.cache/temper/deps}
python=${TEMPER_VENV:-$HOME/.cache/temper/venv}/bin/python
work=$(mktemp -d "${TMPDIR:-/tmp}/temper-demo-XXXXXX")
server=""

stop_server() {
  if [[ -n $server ]]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=""
  fi
}
trap 'stop_server; rm -rf "$work"' EXIT

# start_server [ARGUMENT...]: sets http and grpc to the addresses bound.
start_server() {
  "$temper" serve --data "$work/state" --http 127.0.0.1:0 --grpc 127.0.0.1:0 --admin 127.0.0.1:0 --admin-grpc off \
    "$@" 2>"$work/serve.log" &
  server=$!
  for _ in $(seq 300); do
    grep -q '"msg":"serving"' "$work/serve.log" && break
    kill -0 "$server" 2>/dev/null || { cat "$work/serve.log" >&2; exit 1; }
    sleep 0.1
  done
  http=$(sed -n 's/.*"msg":"serving","http":"\([^"]*\)".*/\1/p' "$work/serve.log")
  grpc=$(sed -n 's/.*"msg":"serving".*"grpc":"\([^"]*\)".*/\1/p' "$work/serve.log")
}

say() { printf '\n== %s\n' "$*"; }

say "1. The data: flights of 2013, those without an arrival delay left out"
"$root/examples/demo/prepare.sh" "$temper" "$deps/data/nycflights13/flights.csv" "$work/data"

say "2. A model trained on January: will the flight, at take-off, arrive more than 15 minutes late?"
"$temper" train xgboost --data "$work/data/january.parquet" --label late --time event_time --out "$work/flights.onnx" \
  2>"$work/train.log" || { cat "$work/train.log" >&2; exit 1; }

say "3. Registered: run in a process of its own with limits, measured, kept by its content"
# The week is these data's season, and a check a week is enough for a month's reference.
"$temper" profile show | sed -e 's/^drift_check_interval = .*/drift_check_interval = "7d"/' -e 's/^period = "0"/period = "7d"/' >"$work/demo.toml"
"$temper" model add flights "$work/flights.onnx" --data "$work/state" --reference "$work/data/january.parquet" --label late \
  --profile "$work/demo.toml" 2>/dev/null
"$python" "$root/bench/models/mlp.py" "$work/sensor.onnx" 50 3072 3072 10
"$temper" model add sensor "$work/sensor.onnx" --data "$work/state" 2>/dev/null | grep -E 'version|run time'

say "4. Served over HTTP and gRPC"
start_server --profile "$work/demo.toml"
echo "http $http, grpc $grpc"

say "5. February to December replayed in the order of time, one request a flight (the months are UTC)"
"$temper" replay "$work/data/flights_2013.parquet" --model flights --url "http://$http" --time event_time --label late \
  --where "event_time >= TIMESTAMP '2013-02-01' AND event_time < TIMESTAMP '2014-01-01'" --feedback 2>/dev/null
echo "The model never learns after January: what it loses from month to month is for retraining to win back."

say "6. What drifted meanwhile, by the event's own time (policy calibrated, against January, like hours of the week compared)"
"$temper" alarm list --data "$work/state" --output json | "$python" "$root/examples/demo/drift_by_month.py"

say "7. The same answers over both protocols"
"$python" "$root/examples/demo/grpc_agrees.py" "$http" "$grpc" flights "$deps/data/nycflights13/flights.csv" 200

say "8. How fast: the flights model, JSON over HTTP, closed loop"
"$temper" bench serve --model flights --url "http://$http" --data "$work/data/january.parquet" --connections 1,16,64 --seconds 3 2>/dev/null

say "9. What batching gives: a 50-3072-3072-10 network at 64 connections, batching on, then off"
"$temper" bench serve --model sensor --url "http://$http" --connections 1,64 --seconds 4 2>/dev/null
stop_server
"$temper" profile show | sed '/^\[model_defaults.batching\]/,/^\[/ s/^enabled = true/enabled = false/' >"$work/unbatched.toml"
start_server --profile "$work/unbatched.toml"
"$temper" bench serve --model sensor --url "http://$http" --connections 1,64 --seconds 4 2>/dev/null
stop_server

say "Done; everything that was started is stopped."
