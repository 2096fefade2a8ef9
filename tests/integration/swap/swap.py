"""A model is replaced 50 times under load: no request fails, and each answer comes from the version it names."""

import itertools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from small_models import add_constant
from temper_process import Caller, Load, Server, add_model, once, temper, temporary_folder, wait_until

SWAPS = 50
THREADS = 8


def check_answer(status, body, x, rows):
    assert status == 200, f"status {status}: {body}"
    version = int(body["model_version"])
    expected = [x + version] * rows
    assert body["outputs"][0]["data"] == expected, f"version {version} answered {body['outputs'][0]['data']}"
    return version


def main():
    with temporary_folder() as folder:
        folder = pathlib.Path(folder)
        data = folder / "state"
        # Version v adds v, so that an answer gives away who made it.
        for version in (1, 2):
            add_model(data, "counter", add_constant(folder / f"{version}.onnx", version))
        with Server(data) as server:
            callers = [Caller(server.http) for _ in range(THREADS)]
            numbers = itertools.count()
            seen = set()

            def step(index):
                rows = 1 + index % 3
                x = next(numbers) % 1000
                status, body = callers[index].infer("counter", {"x": ("FP32", [rows, 1], [x] * rows)})
                seen.add(check_answer(status, body, x, rows))

            def champion():
                status, body = once(server.http, "POST", "/v2/models/counter/infer",
                                    {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1], "data": [0]}]})
                return check_answer(status, body, 0, 1)

            with Load(THREADS, step) as load:
                newest = 2
                for swap in range(SWAPS):
                    # By turns: a new version, an old one again, and the present one loaded anew.
                    if swap % 3 == 0:
                        newest += 1
                        file = add_constant(folder / f"{newest}.onnx", newest)
                        add_model(data, "counter", file, "--alias", "champion")
                        wait_until(lambda: champion() == newest, f"version {newest} serves")
                    elif swap % 3 == 1:
                        temper("model", "alias", "counter", "champion", 1, "--data", data)
                        wait_until(lambda: champion() == 1, "version 1 serves again")
                    else:
                        status, body = once(server.admin, "POST", "/v2/repository/models/counter/load", {})
                        assert status == 200, f"load answered {status}: {body}"
                        assert champion() == 1
            assert load.done > SWAPS * THREADS, f"only {load.done} requests: no load"
            assert len(seen) > SWAPS // 3, f"only versions {sorted(seen)} answered"
            print(f"{SWAPS} swaps, {load.done} requests, 0 failed; {len(seen)} versions answered")


if __name__ == "__main__":
    main()
