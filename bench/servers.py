"""What the scenarios start and stop: Temper, its peer, and the programs that show the ceilings."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
BUILD = pathlib.Path(os.environ.get("TEMPER_BUILD", ROOT / "build" / "release"))
TEMPER = BUILD / "temper"
PEERS = pathlib.Path(os.environ.get("TEMPER_PEERS", pathlib.Path.home() / ".cache/temper/peers"))


def environment():
    """Thread counts of our own choosing, the same for everyone."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "DO_NOT_TRACK": "1"}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def stop(process):
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def temper_server(models, batching=True, recording=True, watching=True, reference=None):
    """`temper serve` with `models` (name -> file) registered, each with `reference`; gives "http://127.0.0.1:PORT", with
    the process as an attribute for `cpu_seconds`."""
    with tempfile.TemporaryDirectory(prefix="temper-bench-") as folder:
        folder = pathlib.Path(folder)
        for name, file in models.items():
            learn = ["--reference", reference] if reference else []
            subprocess.run([TEMPER, "model", "add", name, file, "--data", folder / "state", "--memory-limit", "4GiB", *learn],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        profile = folder / "profile.toml"
        text = (ROOT / "profiles" / "single.toml").read_text()
        for wanted, on in ((batching, "[model_defaults.batching]\nenabled = true"), (watching, "[model_defaults.drift]\nenabled = true"),
                           (recording, "\npredictions = true")):
            assert on in text
            text = text if wanted else text.replace(on, on.replace("true", "false"))
        profile.write_text(text)
        with open(folder / "serve.log", "w+") as log:
            process = subprocess.Popen(
                [TEMPER, "serve", "--data", folder / "state", "--profile", profile, "--http", "127.0.0.1:0",
                 "--grpc", "off", "--admin", "off", "--admin-grpc", "off"],
                stderr=log, env=environment(), start_new_session=True)
            try:
                yield Address("http://" + address_in(folder / "serve.log", process), process.pid)
            finally:
                stop(process)


class Address(str):
    """A server's URL that knows its process."""

    def __new__(cls, url, pid):
        address = super().__new__(cls, url)
        address.pid = pid
        return address


def cpu_seconds(address):
    """CPU time of the server and its children that have not ended: user and system."""
    ticks = 0
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(entry.name) == address.pid or int(fields[1]) == address.pid:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def address_in(log, process):
    """The HTTP address that `temper serve` logs once it answers."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        for line in log.read_text().splitlines():
            if '"msg":"serving"' in line:
                return json.loads(line)["http"]
        time.sleep(0.05)
    raise RuntimeError("temper serve did not start:\n" + log.read_text())


def peers_are_there():
    return (PEERS / "bin" / "mlserver").exists()


@contextlib.contextmanager
def mlserver(file, batch_size=1, batch_time_s=0.002):
    """MLServer with one model "m" from `file`, in one process (parallel_workers 0, its best on two cores)."""
    http_port, grpc_port, metrics_port = free_ports(3)
    with tempfile.TemporaryDirectory(prefix="temper-bench-") as folder:
        folder = pathlib.Path(folder)
        (folder / "settings.json").write_text(json.dumps({
            "host": "127.0.0.1", "http_port": http_port, "grpc_port": grpc_port, "metrics_port": metrics_port,
            "parallel_workers": 0, "debug": False}))
        model = {"name": "m", "implementation": "onnx_runtime.OnnxModel",
                 "parameters": {"extra": {"file": str(file)}}}
        if batch_size > 1:
            model.update(max_batch_size=batch_size, max_batch_time=batch_time_s)
        (folder / "model-settings.json").write_text(json.dumps(model))
        process = subprocess.Popen(
            [PEERS / "bin" / "mlserver", "start", "."], cwd=folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**environment(), "PYTHONPATH": str(HERE / "peers")},
            start_new_session=True)
        url = f"http://127.0.0.1:{http_port}"
        try:
            end = time.monotonic() + 90
            while True:
                try:
                    urllib.request.urlopen(f"{url}/v2/models/m/ready", timeout=2).read()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > end:
                        raise RuntimeError("MLServer did not start") from None
                    time.sleep(0.2)
            yield url
        finally:
            stop(process)


@contextlib.contextmanager
def fixed_answer(threads, body_bytes):
    process = subprocess.Popen(
        [BUILD / "bench" / "fixed_answer", "--threads", str(threads), "--bytes", str(body_bytes)],
        stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield "http://" + json.loads(process.stdout.readline())["http"]
    finally:
        stop(process)


def onnxruntime_alone(file, batches, threads=1, seconds=2, sequence=32):
    """Batch size -> what ONNX Runtime gives in a bare loop."""
    run = subprocess.run(
        [BUILD / "bench" / "ort_loop", file, "--batch", ",".join(map(str, batches)), "--threads", str(threads),
         "--seconds", str(seconds), "--seq", str(sequence)],
        check=True, capture_output=True, text=True, env=environment())
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return {line["batch"]: line for line in lines}


def has_wrk():
    return shutil.which("wrk") is not None
