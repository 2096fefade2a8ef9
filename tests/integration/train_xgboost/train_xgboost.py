"""`temper train xgboost` as a user runs it: the model against XGBoost's own Python package, faults, limits, kills."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
import xgboost

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from temper_process import TEMPER, temper  # noqa: E402

FEATURES = ["delay", "carrier", "hour"]
CARRIERS = ["AA", "DL", "UA"]
rng = np.random.default_rng(7)


def write_csv(path, rows):
    """Random flights with holes; gives the columns as they were written."""
    delay = np.round(rng.normal(size=rows) * 20, 1).astype(np.float32)
    delay[rng.random(rows) < 0.1] = np.nan
    carrier = rng.integers(0, 3, size=rows)
    hour = rng.integers(0, 24, size=rows)
    late = (np.nan_to_num(delay) + 10 * (carrier == 2) + rng.normal(size=rows) * 5 > 15).astype(int)
    lines = ["delay,carrier,hour,late"]
    for d, c, h, y in zip(delay, carrier, hour, late):
        lines.append(f"{'' if np.isnan(d) else f'{d:.1f}'},{CARRIERS[c]},{h},{y}")
    path.write_text("\n".join(lines) + "\n")
    return delay, carrier, hour, late


def train(data, out, *options, check=True):
    return temper("train", "xgboost", "--data", data, "--label", "late", "--out", out, *options, check=check)


def same_as_the_python_package(folder):
    csv, out = folder / "flights.csv", folder / "flights.onnx"
    delay, carrier, hour, late = write_csv(csv, 2000)
    report = json.loads(train(csv, out, "--rounds", "30", "--max-depth", "4", "--holdout", "0", "--threads", "1",
                              "--output", "json").stdout)
    assert report["rows"]["used"] == 2000 and report["classes"] == ["0", "1"], report

    matrix = np.stack([delay, carrier, hour], axis=1).astype(np.float32)
    booster = xgboost.train({"objective": "binary:logistic", "tree_method": "hist", "max_depth": 4, "eta": 0.1,
                             "nthread": 1, "seed": 1}, xgboost.DMatrix(matrix, label=late), 30)
    expected = booster.predict(xgboost.DMatrix(matrix))
    session = onnxruntime.InferenceSession(str(out))
    labels, probabilities = session.run(["label", "probabilities"], {
        "delay": delay.reshape(-1, 1),
        "carrier": np.array([CARRIERS[c] for c in carrier], dtype=object).reshape(-1, 1),
        "hour": hour.astype(np.float32).reshape(-1, 1),
    })
    assert np.abs(probabilities[:, 1] - expected).max() < 1e-6, np.abs(probabilities[:, 1] - expected).max()
    apart = np.abs(expected - 0.5) > 1e-6
    assert (labels == (expected > 0.5))[apart].all()


def faults_say_what_is_wrong_and_write_nothing(folder):
    good = folder / "good.csv"
    write_csv(good, 300)
    ragged = folder / "ragged.csv"
    ragged.write_text("delay,late\n1,0\n2,1,9\n3,1\n")
    constant = folder / "constant.csv"
    constant.write_text("delay,late\n1,1\n2,1\n")
    hollow = folder / "hollow.csv"
    hollow.write_text("delay,empty,late\n1,,1\n2,,0\n3,,1\n")
    unlabelled = folder / "unlabelled.csv"
    unlabelled.write_text("delay,late\n1,\n2,\n")
    empty = folder / "empty.csv"
    empty.write_text("")
    out = folder / "none.onnx"
    for data, options, said in [
            (ragged, [], "Columns"), (constant, [], "'1' in all of the 2 rows"), (hollow, [], "'empty' has no value"),
            (unlabelled, [], "2 of them without the label"), (empty, [], "the file is empty"),
            (folder / "missing.csv", [], "No such file"), (good, ["--exclude", "x"], "there is no column 'x'"),
            (good, ["--where", "hour >"], "syntax"), (good, ["--objective", "reg:squarederror"], "does not fit"),
            (good, ["--task", "regression", "--objective", "binary:logistic"], "does not fit"),
            (good, ["--rounds", "0"], "rounds is 0"), (good, ["--memory-limit", "1MiB"], "256 MiB or more")]:
        run = train(data, out, *options, check=False)
        assert run.returncode in (1, 3), (data, run)
        assert said in run.stderr, (said, run.stderr)
        assert not out.exists()
    said = json.loads(train(constant, out, "--output", "json", check=False).stdout)
    assert said["error"]["code"] == "INVALID_ARGUMENT", said
    assert train(good, "/proc/none/x.onnx", check=False).returncode in (1, 3)
    assert train(good, out, "--task", "guess", check=False).returncode == 2


def the_memory_limit_ends_the_child_and_not_the_command(folder):
    small, big, out = folder / "small.csv", folder / "big.parquet", folder / "kept.onnx"
    write_csv(small, 300)
    train(small, out, "--rounds", "5")
    before = out.read_bytes()
    temper("data", "query", small, "--out", big, "--sql",
           "SELECT d.*, random() AS a, random() AS b, random() AS c FROM data d, range(6000)")
    run = train(big, out, "--rounds", "5", "--memory-limit", "256MiB", check=False)
    assert run.returncode == 3 and "RESOURCE_EXHAUSTED" in run.stderr and "256 MiB" in run.stderr, run
    assert out.read_bytes() == before


def start_long_training(folder, name):
    data, out = folder / f"{name}.csv", folder / f"{name}.onnx"
    write_csv(data, 20000)
    command = subprocess.Popen([TEMPER, "train", "xgboost", "--data", str(data), "--label", "late", "--out", str(out),
                                "--rounds", "10000"], stderr=subprocess.PIPE, text=True)
    for line in command.stderr:
        if "training" in line:
            break
    tasks = pathlib.Path(f"/proc/{command.pid}/task").glob("*/children")
    children = [child for task in tasks for child in task.read_text().split()]
    assert len(children) == 1, children
    return command, int(children[0]), out


def a_killed_child_is_an_error_and_leaves_nothing(folder):
    command, child, out = start_long_training(folder, "killed_child")
    os.kill(child, signal.SIGKILL)
    said = command.stderr.read()
    assert command.wait(30) == 3, said
    assert "signal 9" in said, said
    assert not out.exists()


def is_running(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def a_killed_command_takes_its_child_along(folder):
    command, child, out = start_long_training(folder, "killed_command")
    command.kill()
    command.wait(30)
    deadline = time.monotonic() + 30
    while is_running(child):
        assert time.monotonic() < deadline, "the child outlives its parent"
        time.sleep(0.02)
    assert not out.exists()


def main():
    for scenario in [same_as_the_python_package, faults_say_what_is_wrong_and_write_nothing,
                     the_memory_limit_ends_the_child_and_not_the_command, a_killed_child_is_an_error_and_leaves_nothing,
                     a_killed_command_takes_its_child_along]:
        with tempfile.TemporaryDirectory(prefix="temper-train-") as folder:
            scenario(pathlib.Path(folder))
        print("ok", scenario.__name__)


if __name__ == "__main__":
    main()
