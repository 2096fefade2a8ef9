"""Files and models that mean harm: each is refused or kept to itself, and the gateway answers for the others."""

import os
import pathlib
import signal
import sys

INTEGRATION = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(INTEGRATION))
sys.path.insert(0, str(INTEGRATION / "model_commands"))
from broken_models import broken_models
from small_models import add_constant, allocates, loops
from temper_process import Caller, Load, Server, add_model, temper, temporary_folder, wait_until

TWO_GB_OF_FLOATS = (2 << 30) // 4
ENDLESS = 1 << 62


def add_broken_files(folder, data):
    """Every broken file is refused with exit status 1 and a reason, and leaves no version behind."""
    broken = broken_models()
    for name, (content, words) in broken.items():
        file = folder / f"{name}.onnx"
        file.write_bytes(content)
        run = temper("model", "add", "broken", file, "--data", data, "--time-limit", "5s", check=False)
        assert run.returncode == 1, f"{name}: exit {run.returncode}\n{run.stderr}"
        assert words.lower() in run.stderr.lower(), f"{name}: '{words}' is not in: {run.stderr}"
    assert temper("model", "show", "broken", "--data", data, check=False).returncode == 1
    return len(broken)


def ask(caller, model, n, **parameters):
    return caller.infer(model, {"n": ("INT64", [1], [n])}, **parameters)


def works(caller, model):
    status, body = ask(caller, model, 5)
    return status == 200 and body["outputs"][0]["data"] == [5]


def main():
    with temporary_folder() as folder:
        folder = pathlib.Path(folder)
        data = folder / "state"
        profile = folder / "profile.toml"
        profile.write_text(PROFILE)
        add_model(data, "good", add_constant(folder / "good.onnx", 1))
        add_model(data, "allocates", allocates(folder / "allocates.onnx"))
        add_model(data, "loops", loops(folder / "loops.onnx"))
        with Server(data, "--profile", str(profile)) as server:
            healthy = [Caller(server.http) for _ in range(4)]

            def step(index):
                status, body = healthy[index].infer("good", {"x": ("FP32", [1, 1], [1.0])})
                assert status == 200 and body["outputs"][0]["data"] == [2], f"{status} {body}"

            caller = Caller(server.http)
            with Load(4, step) as load:
                files = add_broken_files(folder, data)

                assert works(caller, "allocates") and works(caller, "loops")
                status, body = ask(caller, "allocates", TWO_GB_OF_FLOATS)
                assert status in (429, 500, 503), f"2 GB: {status} {body}"
                assert "error" in body, body
                wait_until(lambda: works(caller, "allocates"), "the model answers again after asking for 2 GB")

                status, body = ask(caller, "loops", ENDLESS, timeout=300_000)
                assert status == 504, f"endless loop: {status} {body}"
                wait_until(lambda: works(caller, "loops"), "the model answers again after an endless loop")

                hosts = server.hosts()
                assert hosts, "no model runs in a host: nothing to kill"
                for host in hosts:
                    os.kill(host, signal.SIGSEGV)
                wait_until(lambda: set(server.hosts()).isdisjoint(hosts), "the hosts have died")
                wait_until(lambda: works(caller, "allocates") and works(caller, "loops"), "the hosts are back")
            assert server.process.poll() is None
            print(f"{files} broken files refused; 2 GB, an endless loop and {len(hosts)} killed host(s) survived; "
                  f"{load.done} requests of the other model, 0 failed")


# Hosts with little memory, so that 2 GB is more than they may have on any machine.
PROFILE = """
name = "hostile"
[[tiers]]
id = 0
name = "standard"
[[devices]]
id = 0
name = "gateway"
runs = "process"
[[devices]]
id = 1
name = "host"
runs = "host"
memory_bytes = "1GiB"
"""

if __name__ == "__main__":
    main()
