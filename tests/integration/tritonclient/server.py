"""Starts and stops the program under test, on free ports and in a folder of its own."""

import json
import os
import subprocess
import tempfile
import threading

BINARY = os.environ["TEMPER_BIN"]
DATA = os.path.join(os.environ["TEMPER_DEPS"], "data")
START_SECONDS = 120


class Server:
    """`temper serve` over the models given as {name: ONNX file}."""

    def __init__(self, models):
        self._folder = tempfile.TemporaryDirectory(prefix="temper-tritonclient-")
        for name, path in models.items():
            self._run("model", "add", name, path)
        self.addresses = {}
        self._lines = []
        self._serving = threading.Event()
        listeners = [word for name in ("http", "grpc", "admin", "admin-grpc")
                     for word in ("--" + name, "127.0.0.1:0")]
        self._process = subprocess.Popen(
            [BINARY, "serve", "--data", self._folder.name, *listeners],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        # A pipe nobody reads would in time stop the server.
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self._serving.wait(START_SECONDS)
        if not self.addresses:
            self.stop()
            raise RuntimeError(f"temper serve does not serve:\n{self.log()}")

    def _run(self, *arguments):
        done = subprocess.run([BINARY, *arguments, "--data", self._folder.name, "--output", "json"],
                              capture_output=True, text=True, timeout=START_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"temper {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def _read_log(self):
        for line in self._process.stderr:
            self._lines.append(line)
            if '"serving"' in line:
                self.addresses = json.loads(line)
                self._serving.set()
        self._serving.set()

    def report(self, model):
        """What registration measured about the model's only version."""
        return self._run("model", "show", model)["versions"][0]["probe"]

    def log(self):
        """Everything the server has logged so far."""
        return "".join(self._lines)

    def stop(self):
        """Ends the server by its process id and gives its exit status."""
        self._process.terminate()
        status = self._process.wait(timeout=60)
        self._reader.join()
        self._process.stderr.close()
        self._folder.cleanup()
        return status
