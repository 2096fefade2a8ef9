"""SIGTERM under load: every request accepted is answered, whole, over HTTP and gRPC."""

import http.client
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import numpy as np
import tritonclient.grpc
from small_models import slow
from temper_process import Caller, Server, add_model, temporary_folder, wait_until

THREADS = 16
GRPC_CALLS = 16


class Tally:
    """What became of the requests. `sent_before` marks those on the wire before the signal was raised."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answered = 0
        self.answered_after_signal = 0
        self.turned_away = 0
        self.lost = []


def call_until_refused(address, tally, signalled):
    """Sends one request after the other until the server takes no more."""
    caller = Caller(address)
    while True:
        fresh = caller.connection is None
        before_signal = not signalled.is_set()
        try:
            status, body = caller.infer("slow", {"x": ("FP32", [1, 1], [2.0])})
        except (OSError, http.client.HTTPException) as failure:
            # After the signal a new connection may be refused, and a kept one that had no request on it may be closed
            # at the moment the next is sent: neither was accepted. Anything else was lost.
            never_accepted = not before_signal and (
                isinstance(failure, (ConnectionRefusedError, ConnectionResetError, BrokenPipeError,
                                     http.client.RemoteDisconnected)))
            with tally.lock:
                if never_accepted:
                    tally.turned_away += 1
                else:
                    tally.lost.append(f"{failure!r} (fresh connection: {fresh})")
            return
        with tally.lock:
            if status == 200 and abs(body["outputs"][0]["data"][0] - 2.0) < 1e-3:
                tally.answered += 1
                if signalled.is_set():
                    tally.answered_after_signal += 1
            elif status == 503 and not before_signal:
                tally.turned_away += 1
                return
            else:
                tally.lost.append(f"status {status}: {body}")
                return


def main():
    with temporary_folder() as folder:
        folder = pathlib.Path(folder)
        data = folder / "state"
        add_model(data, "slow", slow(folder / "slow.onnx", products=150))
        with Server(data) as server:
            tally, signalled = Tally(), threading.Event()
            threads = [threading.Thread(target=call_until_refused, args=(server.http, tally, signalled))
                       for _ in range(THREADS)]
            for thread in threads:
                thread.start()
            wait_until(lambda: tally.answered > 2 * THREADS, "load is on")

            client = tritonclient.grpc.InferenceServerClient(server.grpc)
            tensor = tritonclient.grpc.InferInput("x", [1, 1], "FP32")
            tensor.set_data_from_numpy(np.full((1, 1), 3, np.float32))
            grpc_results, grpc_done = [], threading.Semaphore(0)

            def finished(result, error):
                grpc_results.append(error if error is not None else result.as_numpy("y")[0, 0])
                grpc_done.release()

            for _ in range(GRPC_CALLS):
                client.async_infer("slow", [tensor], finished)
            # All went out on one connection, in order: with the first answered, the others are under way.
            wait_until(lambda: grpc_results, "gRPC calls are under way")

            signalled.set()
            started = time.monotonic()
            server.terminate()
            for _ in range(GRPC_CALLS):
                assert grpc_done.acquire(timeout=60), "a gRPC call was never finished"
            status = server.wait()
            took = time.monotonic() - started
            for thread in threads:
                thread.join()
            assert status == 0, f"exit status {status}"
            assert not tally.lost, f"{len(tally.lost)} lost: {tally.lost[:5]}"
            assert tally.answered_after_signal > 0, "nothing was in flight at the signal: the test shows nothing"
            wrong = [result for result in grpc_results if not isinstance(result, np.floating) or abs(result - 3) > 1e-3]
            assert not wrong, f"gRPC calls lost: {wrong[:3]}"
            stopped = [entry for entry in server.log if entry.get("msg") == "stopped"]
            assert stopped and stopped[0]["unanswered"] == 0, f"server says {stopped}"
            print(f"SIGTERM: {tally.answered} answered, {tally.answered_after_signal} of them after the signal, "
                  f"{GRPC_CALLS} gRPC calls answered, {tally.turned_away} turned away, 0 lost, {took:.2f} s")


if __name__ == "__main__":
    main()
