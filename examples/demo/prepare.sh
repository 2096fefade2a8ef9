#!/usr/bin/env bash
# prepare.sh TEMPER FLIGHTS_CSV FOLDER: lays out the demo's data in FOLDER.
#   flights_2013.parquet  all labelled flights of 2013 in the order of their time: what is replayed
#   january.parquet       those of January (UTC): what the model is trained on
set -euo pipefail
if [[ $# -ne 3 ]]; then
  echo "usage: $0 TEMPER FLIGHTS_CSV FOLDER" >&2
  exit 2
fi
temper=$1 csv=$2 folder=$3
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
"$temper" data query "$csv" --sql-file "$here/flights.sql" --out "$folder/flights_2013.parquet"
"$temper" data query "$folder/flights_2013.parquet" --out "$folder/january.parquet" \
  --sql "SELECT * FROM data WHERE event_time < TIMESTAMP '2013-02-01'"
