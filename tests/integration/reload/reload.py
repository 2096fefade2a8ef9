"""Load and unload through the administration listener, under traffic, and never through the public one."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from small_models import add_constant
from temper_process import Caller, Load, Server, add_model, once, temporary_folder, wait_until


def state(server, model):
    status, entries = once(server.admin, "POST", "/v2/repository/index", {})
    assert status == 200, f"{status} {entries}"
    states = [entry["state"] for entry in entries if entry["name"] == model]
    assert states, f"'{model}' is not in {entries}"
    return states[0]


def change(server, model, action):
    status, body = once(server.admin, "POST", f"/v2/repository/models/{model}/{action}", {})
    assert status == 200, f"{action}: {status} {body}"


def main():
    with temporary_folder() as folder:
        folder = pathlib.Path(folder)
        data = folder / "state"
        add_model(data, "stays", add_constant(folder / "stays.onnx", 1))
        add_model(data, "moves", add_constant(folder / "moves.onnx", 1))
        with Server(data) as server:
            callers = [Caller(server.http) for _ in range(4)]

            def step(index):
                status, body = callers[index].infer("stays", {"x": ("FP32", [1, 1], [1.0])})
                assert status == 200, f"{status} {body}"

            def moves():
                return once(server.http, "POST", "/v2/models/moves/infer",
                            {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1], "data": [1]}]})[0]

            with Load(4, step) as load:
                for _ in range(10):
                    change(server, "moves", "unload")
                    assert state(server, "moves") == "UNAVAILABLE"
                    assert moves() in (404, 503), moves()
                    change(server, "moves", "load")
                    assert state(server, "moves") == "READY"
                    assert moves() == 200
                for action in ("load", "unload"):
                    status, _ = once(server.http, "POST", f"/v2/repository/models/stays/{action}", {})
                    assert status in (403, 404), f"the public listener answered {action} with {status}"
                status, body = once(server.admin, "POST", "/v2/repository/models/unknown/load", {})
                assert status in (400, 404) and "unknown" in body["error"], f"{status} {body}"

                # A model registered while the server runs is served without being asked for.
                add_model(data, "late", add_constant(folder / "late.onnx", 1))
                wait_until(lambda: once(server.http, "GET", "/v2/models/late/ready")[0] == 200, "'late' is served", 5)
            print(f"10 unloads and loads, {load.done} requests of the other model, 0 failed")


if __name__ == "__main__":
    main()
