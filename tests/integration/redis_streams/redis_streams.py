"""Streams in Redis: the suite of all adapters, a link that is cut at random, and kill -9 of Redis under load."""

import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

SEED = 6379
KILLS = 4
LOST_ANSWERS = 0.03


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    """A server of our own: every answered write is on the disk."""

    def __init__(self, folder, program):
        self.port, self.folder, self.program = free_port(), folder, program
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "",
             "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no"], stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < until, "redis-server did not start"
            time.sleep(0.01)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as link:
                link.sendall(b"PING\r\n")
                return link.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()


class CuttingLink:
    """Forwards connections and cuts each in the middle of a request, or when Redis has acted and before it is heard."""

    def __init__(self, target):
        self.target, self.random, self.cuts = target, random.Random(SEED), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            budget = self.random.randint(3_000, 200_000)
            threading.Thread(target=self.forward, args=(near, far, budget, 0.0), daemon=True).start()
            threading.Thread(target=self.forward, args=(far, near, 1 << 40, LOST_ANSWERS), daemon=True).start()

    def forward(self, source, sink, budget, lost):
        """Cuts after `budget` bytes, and swallows a chunk instead of forwarding it with probability `lost`."""
        try:
            while chunk := source.recv(4096):
                swallow = self.random.random() < lost
                if not swallow:
                    sink.sendall(chunk[:budget])
                budget -= len(chunk)
                if swallow or budget <= 0:
                    self.cuts += 1
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def suite(environment, pattern):
    return subprocess.Popen([os.environ["TEMPER_REDIS_SUITE"], f"--gtest_filter={pattern}", "--gtest_brief=1"], env=environment)


def main():
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed: ./dev setup"
    with tempfile.TemporaryDirectory(prefix="temper-redis-") as folder:
        redis = Redis(pathlib.Path(folder), program)
        link = CuttingLink(redis.port)
        environment = {**os.environ, "TEMPER_REDIS_PORT": str(redis.port), "TEMPER_REDIS_CUT_PORT": str(link.port)}
        try:
            assert suite(environment, "-*Killed*").wait(200) == 0, "the suite fails"
            assert link.cuts >= 10, f"the link was cut {link.cuts} times only"

            killed = suite(environment, "*Killed*")
            for _ in range(KILLS):
                time.sleep(0.7)
                assert killed.poll() is None, "the appends ended before Redis was killed"
                redis.kill()
                time.sleep(0.2)
                redis.start()
            assert killed.wait(120) == 0, "an append that returned is lost or there twice"
        finally:
            redis.kill()
            link.listener.close()
    print(f"redis_streams: the suite holds; {link.cuts} cuts of the link, {KILLS} kills of Redis")


if __name__ == "__main__":
    sys.exit(main())
