"""kill -9 of the server and of `temper model add`: what was acknowledged is there again, and it answers."""

import json
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from small_models import add_constant
from temper_process import TEMPER, Caller, Server, add_model, once, temper, temporary_folder

SEED = 20130101
KILLED_SERVERS = 3
KILLED_ADDS = 12


def versions(data, name):
    listed = json.loads(temper("model", "list", "--data", data, "--output", "json").stdout)["models"]
    return next(model["versions"] for model in listed if model["name"] == name)


def answers(server, name, version):
    status, body = once(server.http, "POST", f"/v2/models/{name}/versions/{version}/infer",
                        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1], "data": [100]}]})
    return status == 200 and body["outputs"][0]["data"] == [100 + version]


def kill_servers(folder, data):
    """The server dies at full load with a registration just acknowledged; the next one serves it."""
    for round_number in range(1, KILLED_SERVERS + 1):
        with Server(data) as server:
            add_model(data, "counter", add_constant(folder / "next.onnx", round_number + 1), "--alias", "champion")
            caller = Caller(server.http)
            for _ in range(50):
                status, _ = caller.infer("counter", {"x": ("FP32", [1, 1], [1.0])})
                assert status == 200
            server.kill()
        assert versions(data, "counter") == list(range(1, round_number + 2))
        with Server(data) as server:
            assert answers(server, "counter", round_number + 1), f"version {round_number + 1} does not answer"
            server.kill()


def kill_adds(folder, data):
    """`model add` dies at a random moment: the version is there whole or not at all."""
    random.seed(SEED)
    file = add_constant(folder / "torn.onnx", 1)
    started = time.monotonic()
    add_model(data, "torn", file)
    whole = time.monotonic() - started
    cut = 0
    for _ in range(KILLED_ADDS):
        before = versions(data, "torn")
        add = subprocess.Popen([TEMPER, "model", "add", "torn", str(file), "--data", str(data), "--output", "json"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            acknowledged = add.communicate(timeout=random.uniform(0, 1.1 * whole))[0].strip() != ""
        except subprocess.TimeoutExpired:
            add.kill()
            acknowledged = add.communicate()[0].strip() != ""
            cut += 1
        after = versions(data, "torn")
        assert after in (before, before + [len(before) + 1]), f"{before} became {after}"
        assert not acknowledged or len(after) == len(before) + 1, "acknowledged, and gone"
    assert cut > 0, "no registration was cut: the test shows nothing"
    return cut


def main():
    with temporary_folder() as folder:
        folder = pathlib.Path(folder)
        data = folder / "state"
        add_model(data, "counter", add_constant(folder / "first.onnx", 1))
        kill_servers(folder, data)
        cut = kill_adds(folder, data)
        with Server(data) as server:
            for version in versions(data, "counter"):
                status, body = once(server.http, "GET", f"/v2/models/counter/versions/{version}")
                assert status in (200, 503), f"version {version}: {status} {body}"
            assert answers(server, "torn", 1)
        print(f"{KILLED_SERVERS} servers and {cut} registrations killed: registry whole, models answer (seed {SEED})")


if __name__ == "__main__":
    main()
