"""Starts, asks and stops the program under test. Every server has free ports and a folder of its own."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

TEMPER = os.environ["TEMPER_BIN"]


def temper(*arguments, check=True, timeout=120):
    """Runs one command; with `check` a failure raises with what the command said."""
    run = subprocess.run([TEMPER, *map(str, arguments)], capture_output=True, text=True, timeout=timeout)
    if check and run.returncode != 0:
        raise AssertionError(f"temper {' '.join(map(str, arguments))}: exit {run.returncode}\n{run.stdout}{run.stderr}")
    return run


def add_model(data, name, file, *options):
    """Registers a version and gives its record."""
    return json.loads(temper("model", "add", name, file, "--data", data, "--output", "json", *options).stdout)


class Server:
    """`temper serve` on free loopback ports, with its log in memory."""

    def __init__(self, data, *options):
        self.process = subprocess.Popen(
            [TEMPER, "serve", "--data", str(data), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0",
             "--admin", "127.0.0.1:0", "--admin-grpc", "127.0.0.1:0", *options],
            stderr=subprocess.PIPE, text=True)
        self.log = []
        self._serving = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if not self._serving.wait(60) or self.process.poll() is not None:
            self.kill()
            raise AssertionError("temper serve did not start:\n" + "\n".join(map(str, self.log)))

    def _read_log(self):
        for line in self.process.stderr:
            try:
                entry = json.loads(line)
            except ValueError:
                entry = {"msg": line.rstrip()}
            self.log.append(entry)
            if entry.get("msg") == "serving":
                self.http, self.grpc, self.admin = entry["http"], entry["grpc"], entry["admin"]
                self._serving.set()
        self._serving.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout=60):
        """Waits for the end; gives the exit status."""
        status = self.process.wait(timeout)
        self._reader.join(10)
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(10)

    def hosts(self):
        """Process ids of the children that run models."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                command = (entry / "cmdline").read_bytes().split(b"\0")
                if int(fields[1]) == self.process.pid and b"host" in command:
                    found.append(int(entry.name))
        return found


class Caller:
    """One keep-alive connection. Not for several threads."""

    def __init__(self, address, timeout=60):
        self.address = address
        self.timeout = timeout
        self.connection = None

    def send(self, method, target, body=None):
        """Status and decoded body (None where it is empty or no JSON). The connection is opened as needed; a broken
        one raises and is dropped."""
        if self.connection is None:
            host, port = self.address.rsplit(":", 1)
            self.connection = http.client.HTTPConnection(host, int(port), timeout=self.timeout)
        try:
            payload = None if body is None else json.dumps(body)
            self.connection.request(method, target, payload, {"Content-Type": "application/json"})
            response = self.connection.getresponse()
            text = response.read()
            if response.getheader("Connection", "").lower() == "close":
                self.close()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, None

    def infer(self, model, inputs, **parameters):
        """`inputs`: name -> (datatype, shape, flat data)."""
        body = {"inputs": [{"name": name, "datatype": datatype, "shape": shape, "data": data}
                           for name, (datatype, shape, data) in inputs.items()]}
        if parameters:
            body["parameters"] = parameters
        return self.send("POST", f"/v2/models/{model}/infer", body)

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def once(address, method, target, body=None):
    caller = Caller(address)
    try:
        return caller.send(method, target, body)
    finally:
        caller.close()


def wait_until(condition, what, seconds=30):
    """Polls until `condition()` is true; its last value is given."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s: {what}")


class Load:
    """Threads that call `step(thread_index)` until stopped. The first failures are kept; any makes `stop` raise."""

    def __init__(self, threads, step):
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.done = 0
        self.failures = []
        self._threads = [threading.Thread(target=self._run, args=(step, index)) for index in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, step, index):
        while not self._stop.is_set():
            try:
                step(index)
            except Exception as failure:  # noqa: BLE001  any failure of a request is what the test looks for
                with self._lock:
                    self.failures.append(repr(failure))
                    if len(self.failures) > 20:
                        return
            with self._lock:
                self.done += 1

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if kind is None:
            assert not self.failures, f"{len(self.failures)} of {self.done} requests failed: {self.failures[:5]}"


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="temper-integration-")
