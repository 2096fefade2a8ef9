"""grpc_agrees.py HTTP_HOST:PORT GRPC_HOST:PORT MODEL FLIGHTS.csv ROWS: flights through both fronts, with Triton's own
client; the answers must be equal to the bit.
"""

import csv
import datetime
import sys

import numpy as np
import tritonclient.grpc
import tritonclient.http

http_address, grpc_address, model, table, rows = sys.argv[1:6]
over_http = tritonclient.http.InferenceServerClient(http_address)
over_grpc = tritonclient.grpc.InferenceServerClient(grpc_address)
specs = over_http.get_model_metadata(model)["inputs"]

with open(table, newline="") as file:
    records = [record for record, _ in zip(csv.DictReader(file), range(int(rows)))]
for record in records:
    day = datetime.date(int(record["year"]), int(record["month"]), int(record["day"]))
    record["weekday"] = day.isoweekday()


def column(spec):
    values = [record[spec["name"]] for record in records]
    if spec["datatype"] == "BYTES":
        return np.array(values, dtype=object).reshape(-1, 1)
    return np.array([float("nan" if value in ("", "NA") else value) for value in values], np.float32).reshape(-1, 1)


def ask(client, library):
    inputs = []
    for spec in specs:
        values = column(spec)
        tensor = library.InferInput(spec["name"], list(values.shape), spec["datatype"])
        tensor.set_data_from_numpy(values)
        inputs.append(tensor)
    return client.infer(model, inputs).as_numpy("probabilities")


first, second = ask(over_http, tritonclient.http), ask(over_grpc, tritonclient.grpc)
if not np.array_equal(first, second):
    sys.exit(f"HTTP and gRPC disagree by up to {np.abs(first - second).max()}")
print(f"{len(records)} flights through HTTP and gRPC (tritonclient): equal answers, bit for bit")
