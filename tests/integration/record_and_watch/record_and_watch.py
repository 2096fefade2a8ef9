"""What is served is recorded once and watched for drift: through kills, through a broken link to Redis, at any speed.

A model trained on January's flights answers later ones; their labels are sent back.
"""

import contextlib
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from temper_process import TEMPER, Server, add_model, once, temper, temporary_folder, wait_until  # noqa: E402

ROOT = pathlib.Path(__file__).parents[3]
FLIGHTS = pathlib.Path(os.environ["TEMPER_DEPS"]) / "data" / "nycflights13" / "flights.csv"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Link:
    """A TCP link to a server that can be cut: what is open breaks, and nothing new gets through until it is mended."""

    def __init__(self, port):
        self.target = port
        self.cut = False
        self.open = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            self.open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def break_for(self, seconds):
        self.cut = True
        for end in self.open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.open.clear()
        time.sleep(seconds)
        self.cut = False

    def close(self):
        self.listener.close()
        for end in self.open:
            end.close()


@contextlib.contextmanager
def redis_server(folder):
    port = free_port()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
         "--appendonly", "yes", "--appendfsync", "everysec"], stdout=subprocess.DEVNULL)
    try:
        def answers():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as link:
                link.sendall(b"PING\r\n")
                return link.recv(16).startswith(b"+PONG")
        wait_until(answers, "Redis answers")
        yield port
    finally:
        process.terminate()
        process.wait(20)


class Worker:
    def __init__(self, data, profile):
        self.process = subprocess.Popen([TEMPER, "worker", "--data", str(data), "--profile", str(profile)],
                                        stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0


def metric(server, name):
    """The sum over a metric's series."""
    import http.client
    connection = http.client.HTTPConnection(server.http, timeout=30)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith(name + "{") or line.startswith(name + " "))


def stored(data, what):
    """Rows of the store, counted by another process than its owner."""
    if not (data / "store.db").exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{data / 'store.db'}?mode=ro", uri=True)) as store:
        return store.execute(f"SELECT count(*) FROM {what}").fetchone()[0]


def replay(server, first, last, *options, wait=True):
    """Events with first <= event_time < last."""
    command = [TEMPER, "replay", str(RecordAndWatch.work / "data" / "flights_2013.parquet"), "--model", "flights", "--url",
               f"http://{server.http}", "--time", "event_time", "--label", "late", "--output", "json", "--where",
               f"event_time >= TIMESTAMP '{first}' AND event_time < TIMESTAMP '{last}'", *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not wait:
        return process
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, out + error
    return json.loads(out)


def said(server, message):
    """Lines of that message in the server's log."""
    return sum(1 for entry in server.log if entry.get("msg") == message)


def alarms(data):
    return json.loads(temper("alarm", "list", "--data", data, "--output", "json").stdout)


def without_ids(events):
    return sorted(json.dumps({key: value for key, value in event.items()
                              if key not in ("event_id", "detected_at_ns")}, sort_keys=True) for event in events)


class RecordAndWatch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder()
        cls.work = pathlib.Path(cls.folder.name)
        subprocess.run([ROOT / "examples" / "demo" / "prepare.sh", TEMPER, FLIGHTS, cls.work / "data"], check=True,
                       stdout=subprocess.DEVNULL)
        temper("train", "xgboost", "--data", cls.work / "data" / "january.parquet", "--label", "late", "--time",
               "event_time", "--out", cls.work / "flights.onnx")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.data = self.work / self.id().rsplit(".", 1)[1] / "state"

    def profile(self, **changes):
        text = (ROOT / "profiles" / "single.toml").read_text()
        changes = {'drift_check_interval = "24h"': 'drift_check_interval = "7d"', '\nperiod = "0"': '\nperiod = "7d"',
                   **changes}
        for old, new in changes.items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.data.parent / "profile.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def register(self, profile):
        add_model(self.data, "flights", self.work / "flights.onnx", "--reference", self.work / "data" / "january.parquet",
                  "--label", "late", "--profile", profile)

    def test_a_killed_server_has_stored_once_what_it_acknowledged(self):
        profile = self.profile()
        self.register(profile)
        with Server(self.data, "--profile", str(profile)) as server:
            first = replay(server, "2013-02-01", "2013-02-04", "--feedback")
            self.assertEqual(first["refused"], 0)
            self.assertEqual(first["fed_back"], first["answered"])
            wait_until(lambda: metric(server, "temper_labels_total") == first["fed_back"], "labels meet predictions")
            process = replay(server, "2013-02-04", "2013-03-01", "--connections", 8, wait=False)
            wait_until(lambda: metric(server, "temper_predictions_recorded_total") > first["answered"] + 2000, "recording")
            recorded = metric(server, "temper_predictions_recorded_total")
            server.kill()
            process.kill()
            process.communicate()
        with Server(self.data, "--profile", str(profile)) as server:
            status, _ = once(server.http, "GET", "/v2/health/ready")
            self.assertEqual(status, 200)
            # What was recorded a moment before the kill may still be on its way to the disk.
            wait_until(lambda: stored(self.data, "prediction") >= recorded - 1000, "the journal is stored")
            before = stored(self.data, "prediction")
            again = replay(server, "2013-03-01", "2013-03-03")
            wait_until(lambda: stored(self.data, "prediction") >= before + again["answered"], "all is stored")
            self.assertEqual(again["refused"], 0)
            server.terminate()
            self.assertEqual(server.wait(), 0)
        self.assertEqual(stored(self.data, "feedback"), first["fed_back"])
        self.assertEqual(stored(self.data, "feedback JOIN prediction ON prediction_id = id"), first["fed_back"])

    def test_verdicts_do_not_depend_on_the_speed(self):
        found = []
        for name, options in (("slow", ("--connections", 1, "--rate", 4000)), ("fast", ("--connections", 16,))):
            self.data = self.data.parent / name / "state"
            profile = self.profile()
            self.register(profile)
            with Server(self.data, "--profile", str(profile)) as server:
                report = replay(server, "2013-06-24", "2013-07-20", *options)
                server.terminate()
                self.assertEqual(server.wait(), 0)
                events = said(server, "drift")
            # What the end of the first life left on the stream, the next one stores.
            with Server(self.data, "--profile", str(profile)) as server:
                wait_until(lambda: stored(self.data, "prediction") == report["answered"], "all is stored")
                wait_until(lambda: stored(self.data, "drift_event") >= events, "its events too")
            found.append(without_ids(alarms(self.data)))
        self.assertGreater(len(found[0]), 0, "July is not January")
        self.assertEqual(found[0], found[1])

    def test_a_person_judges_an_alarm(self):
        profile = self.profile()
        self.register(profile)
        with Server(self.data, "--profile", str(profile)) as server:
            replay(server, "2013-07-01", "2013-07-16")
            event = wait_until(lambda: stored(self.data, "drift_event") and alarms(self.data)[0], "an event")
            self.assertEqual(event["model"], "flights")
            temper("alarm", event["event_id"], "expected", "--by", "ana", "--data", self.data)
            judged = {each["event_id"]: each["verdict"] for each in alarms(self.data)}
            self.assertEqual(judged[event["event_id"]], "expected")
            self.assertNotEqual(temper("alarm", "nobody", "real", "--data", self.data, check=False).returncode, 0)

    def test_workers_and_redis_may_fail_and_nothing_is_lost(self):
        with redis_server(self.work) as port:
            link = Link(port)
            profile = self.profile(**{'backend = "embedded"': 'backend = "redis"', 'worker = "inside"': 'worker = "apart"',
                                      'redis = "127.0.0.1:6379"': f'redis = "127.0.0.1:{link.port}"'})
            self.register(profile)
            worker = Worker(self.data, profile)
            with Server(self.data, "--profile", str(profile)) as server:
                process = replay(server, "2013-06-24", "2013-07-16", "--connections", 8, "--rate", 4000, wait=False)
                wait_until(lambda: stored(self.data, "prediction") > 500, "the worker stores")
                worker.kill()
                link.break_for(2)
                worker = Worker(self.data, profile)
                time.sleep(1)
                link.break_for(1)
                out, error = process.communicate(timeout=300)
                self.assertEqual(process.returncode, 0, out + error)
                report = json.loads(out)
                self.assertEqual(report["refused"], 0)
                # Entries that the killed worker held are claimed by its heir after half a minute.
                wait_until(lambda: stored(self.data, "prediction") == report["answered"], "every answer is stored", 90)
                server.terminate()
                self.assertEqual(server.wait(), 0)
                self.assertGreater(said(server, "drift"), 0)
                wait_until(lambda: stored(self.data, "drift_event") == said(server, "drift"),
                           "every drift event is delivered", 60)
            worker.stop()
            link.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
