"""What bench/run.sh measures. Each scenario prints Markdown rows for bench/README.md and gives its raw figures."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import random
import subprocess
import sys
import time

import load
import servers

HERE = pathlib.Path(__file__).parent
CACHE = pathlib.Path.home() / ".cache" / "temper"
TOKENS = 32
# Peers neither record nor watch; what that costs is the scenario `watching`.
SERVING = {"recording": False, "watching": False}


def made(name, command):
    """The model file `name`, made by `command` unless it is there already."""
    file = CACHE / "bench-models" / name
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([*command(file)], check=True)
    return file


def mlp(*sizes):
    return made("mlp_" + "_".join(map(str, sizes)) + ".onnx",
                lambda file: [sys.executable, HERE / "models" / "mlp.py", file, *map(str, sizes)])


def minilm():
    def command(file):
        weights = subprocess.run([HERE / "models" / "fetch_minilm.sh", CACHE / "minilm"], check=True,
                                 capture_output=True, text=True).stdout.strip()
        return [sys.executable, HERE / "models" / "minilm.py", weights, file]
    return made("minilm_fp32.onnx", command)


def table_body():
    """One row of 50 numbers as they would be measured."""
    rng = random.Random(0)
    return json.dumps({"inputs": [{"name": "x", "shape": [1, 50], "datatype": "FP32",
                                   "data": [round(rng.gauss(0, 1), 4) for _ in range(50)]}]})


def sentence_body():
    rng = random.Random(0)
    ids = [rng.randint(1000, 20000) for _ in range(TOKENS)]
    return json.dumps({"inputs": [
        {"name": "input_ids", "shape": [1, TOKENS], "datatype": "INT64", "data": ids},
        {"name": "attention_mask", "shape": [1, TOKENS], "datatype": "INT64", "data": [1] * TOKENS}]})


def rates(runs):
    return [run["requests_per_s"] for run in runs]


def ratios(ours, theirs):
    """Pair by pair: neighbours in time met the same machine."""
    return [a / b for a, b in zip(ours, theirs)]


def against_mlserver(options, name, file, body):
    """Temper and MLServer, unbatched and batched, under the same wrk; the peer's better one counts, pair by pair."""
    if not servers.peers_are_there():
        print(f"left out: MLServer is not in {servers.PEERS} (bench/peers/setup.sh installs it)")
        return None
    print(f"\n| {name}: connections | Temper req/s | MLServer unbatched | MLServer batched 32 | ratio to its best | p99 ms ours / theirs |")
    print("|---|---|---|---|---|---|")
    figures = []
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(servers.temper_server({"m": file}, **SERVING))
        plain = stack.enter_context(servers.mlserver(file))
        batched = stack.enter_context(servers.mlserver(file, batch_size=32))
        for connections in (1, 16, 64):
            runs = load.alternate(options.pairs, *[
                lambda url=url: load.wrk(f"{url}/v2/models/m/infer", body, connections, options.seconds)
                for url in (ours, plain, batched)])
            best = [max(a, b) for a, b in zip(rates(runs[1]), rates(runs[2]))]
            better = runs[1] if sum(rates(runs[1])) > sum(rates(runs[2])) else runs[2]
            p99 = [load.interval([run["p99_ms"] for run in each])[0] for each in (runs[0], better)]
            print(f"| {connections} | " + " | ".join(load.interval_text(rates(each), "{:.0f}") for each in runs) +
                  f" | {load.interval_text(ratios(rates(runs[0]), best))} | {p99[0]:.2f} / {p99[1]:.2f} |", flush=True)
            figures.append({"connections": connections, "temper": runs[0], "mlserver": runs[1], "mlserver_batched": runs[2]})
    return figures


def mlp_against_mlserver(options):
    return against_mlserver(options, "MLP 50-512-512-10, 1 row", mlp(50, 512, 512, 10), table_body())


def minilm_against_mlserver(options):
    return against_mlserver(options, "MiniLM FP32, 32 tokens", minilm(), sentence_body())


def minilm_against_onnxruntime(options):
    """Rows per second through the gateway beside ONNX Runtime's own loop at its best batch size."""
    file, body, threads = minilm(), sentence_body(), os.cpu_count()
    # An answer takes up to 0.3 s here: in a short run what is on its way at the end would count as time lost.
    seconds = max(options.seconds, 10)
    sweep = servers.onnxruntime_alone(file, (1, 2, 4, 8, 16, 32), threads, options.seconds, TOKENS)
    best = max(sweep, key=lambda batch: sweep[batch]["rows_per_s"])
    print("\nONNX Runtime alone, MiniLM FP32, 32 tokens, " f"{threads} threads, rows/s by batch size: " +
          ", ".join(f"{batch}: {line['rows_per_s']:.0f}" for batch, line in sweep.items()))
    print("\n| MiniLM FP32, 32 tokens: connections | Temper rows/s | ONNX Runtime alone, batch "
          f"{best} | ratio |\n|---|---|---|---|")
    figures = [{"sweep": sweep}]
    with servers.temper_server({"m": file}, **SERVING) as url:
        for connections in (16, 64):
            ours, alone = load.alternate(
                options.pairs,
                lambda: load.wrk(f"{url}/v2/models/m/infer", body, connections, seconds),
                lambda: servers.onnxruntime_alone(file, [best], threads, seconds, TOKENS)[best])
            ceiling = [line["rows_per_s"] for line in alone]
            print(f"| {connections} | {load.interval_text(rates(ours), '{:.0f}')} | "
                  f"{load.interval_text(ceiling, '{:.0f}')} | {load.interval_text(ratios(rates(ours), ceiling))} |", flush=True)
            figures.append({"connections": connections, "temper": ours, "onnxruntime": alone})
    return figures


def batching(options):
    """The same server with batching and without, on a model that costs more than 200 us a row."""
    file = mlp(50, 3072, 3072, 10)
    sweep = servers.onnxruntime_alone(file, (1, 4, 16, 64), os.cpu_count(), options.seconds)
    one = servers.onnxruntime_alone(file, [1], 1, options.seconds)[1]
    print(f"\nONNX Runtime alone, MLP 50-3072-3072-10: {one['run_us_p50']:.0f} us a row alone; rows/s with "
          f"{os.cpu_count()} threads by batch size: " +
          ", ".join(f"{batch}: {line['rows_per_s']:.0f}" for batch, line in sweep.items()))
    print("\n| MLP 50-3072-3072-10: connections | batching on, rows/s | off | ratio |\n|---|---|---|---|")
    figures = [{"sweep": sweep, "row_us": one["run_us_p50"]}]
    with servers.temper_server({"m": file}, **SERVING) as on, servers.temper_server({"m": file}, batching=False, **SERVING) as off:
        for connections in (1, 64):
            with_it, without = load.alternate(
                options.pairs, *[lambda url=url: load.temper_load(url, "m", connections, options.seconds, "--protocol",
                                                                  "http-binary") for url in (on, off)])
            print(f"| {connections} | {load.interval_text(rates(with_it), '{:.0f}')} | "
                  f"{load.interval_text(rates(without), '{:.0f}')} | "
                  f"{load.interval_text(ratios(rates(with_it), rates(without)))} |", flush=True)
            figures.append({"connections": connections, "on": with_it, "off": without})
        rate = 0.8 * load.interval(rates(with_it))[0]
        runs = [load.temper_load(on, "m", 256, options.seconds, "--protocol", "http-binary", "--mode", "open", "--rate",
                                 rate, "--seed", seed) for seed in range(1, min(options.pairs, 5) + 1)]
        print(f"\nOpen loop, Poisson, {rate:.0f} requests/s (80 % of the above), batching on: " +
              ", ".join(f"{name} {load.interval_text([run[key] for run in runs])} ms"
                        for name, key in (("p50", "p50_ms"), ("p99", "p99_ms"), ("p99.9", "p999_ms"))))
        figures.append({"rate": rate, "open": runs})
    return figures


def gateway_cost(options):
    """What the gateway adds to a run, and how near it comes to the lower of two ceilings."""
    file, body = mlp(50, 512, 512, 10), table_body()
    figures = {}
    with servers.temper_server({"m": file}, **SERVING) as url, servers.fixed_answer(1, 300) as fixed_one, \
            servers.fixed_answer(os.cpu_count(), 300) as fixed_all:
        infer = f"{url}/v2/models/m/infer"
        served, alone = load.alternate(
            options.pairs,
            lambda: load.temper_load(url, "m", 1, options.seconds),
            lambda: servers.onnxruntime_alone(file, [1], 1, options.seconds)[1])
        added = [1000 * a["p50_ms"] - b["run_us_p50"] for a, b in zip(served, alone)]
        print("\n| p50, MLP 50-512-512-10, 1 row, 1 connection, JSON | us |\n|---|---|")
        print(f"| through the gateway | {load.interval_text([1000 * run['p50_ms'] for run in served], '{:.0f}')} |")
        print(f"| ONNX Runtime alone | {load.interval_text([run['run_us_p50'] for run in alone], '{:.0f}')} |")
        print(f"| added | {load.interval_text(added, '{:.0f}')} |", flush=True)
        ours, one, many, loop = load.alternate(
            options.pairs,
            lambda: load.wrk(infer, body, 64, options.seconds),
            lambda: load.wrk(fixed_one, body, 64, options.seconds),
            lambda: load.wrk(fixed_all, body, 64, options.seconds),
            lambda: max(servers.onnxruntime_alone(file, (1, 16, 64), os.cpu_count(), options.seconds / 3).values(),
                        key=lambda line: line["rows_per_s"]))
        http = [max(a, b) for a, b in zip(rates(one), rates(many))]
        rows = [line["rows_per_s"] for line in loop]
        lower = [min(a, b) for a, b in zip(http, rows)]
        print("\n| MLP 50-512-512-10, 64 connections, wrk | per second |\n|---|---|")
        print(f"| Temper, requests | {load.interval_text(rates(ours), '{:.0f}')} |")
        print(f"| a fixed HTTP answer, requests | {load.interval_text(http, '{:.0f}')} |")
        print(f"| ONNX Runtime alone, rows at its best batch size | {load.interval_text(rows, '{:.0f}')} |")
        print(f"| Temper to the lower of the two | {load.interval_text(ratios(rates(ours), lower))} |", flush=True)
        figures = {"served": served, "alone": alone, "temper": ours, "fixed_one": one, "fixed_all": many, "loop": loop}
    return figures


def table_reference(columns, rows=20_000):
    """A table of normal values as training data would be, for watching to rest on."""
    def command(file):
        script = ("import numpy, sys; numpy.savetxt(sys.argv[1], numpy.random.default_rng(1).standard_normal("
                  f"({rows}, {columns})), '%.4f', ',', header=','.join(f'f{{k}}' for k in range({columns})), comments='')")
        return [sys.executable, "-c", script, file]
    return made(f"reference_{rows}_{columns}.csv", command)


def watching(options):
    """What watching for drift, and recording each answer, cost the server: CPU per request, and p99."""
    figures = {}
    for name, file, body, reference in (("MLP 50-512-512-10", mlp(50, 512, 512, 10), table_body(), table_reference(50)),
                                        ("MiniLM FP32", minilm(), sentence_body(), None)):
        print(f"\n| {name}, 16 connections | CPU us a request | to off | p99 ms | to off |\n|---|---|---|---|---|")
        with contextlib.ExitStack() as stack:
            start = lambda **what: stack.enter_context(servers.temper_server({"m": file}, reference=reference, **what))
            sides = {"off": start(watching=False, recording=False), "drift watched": start(recording=False),
                     "watched and recorded": start()}

            def measure(url):
                before = servers.cpu_seconds(url)
                run = load.wrk(f"{url}/v2/models/m/infer", body, 16, max(options.seconds, 4), warmup=0)
                run["cpu_us"] = 1e6 * (servers.cpu_seconds(url) - before) / run["requests"]
                return run
            runs = load.alternate(options.pairs, *[lambda url=url: measure(url) for url in sides.values()])
        off = runs[0]
        for side, each in zip(sides, runs):
            cells = []
            for key in ("cpu_us", "p99_ms"):
                values = [run[key] for run in each]
                cells += [load.interval_text(values), load.interval_text(ratios(values, [run[key] for run in off]))]
            print(f"| {side} | " + " | ".join(cells) + " |", flush=True)
        figures[name] = dict(zip(sides, runs))
    return figures


SCENARIOS = {each.__name__: each for each in (
    mlp_against_mlserver, minilm_against_mlserver, minilm_against_onnxruntime, batching, gateway_cost, watching)}


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "commit": commit,
            "load_average": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], help="all where none is named")
    parser.add_argument("--pairs", type=int, default=10, help="alternated runs of each side")
    parser.add_argument("--seconds", type=int, default=3, help="of one run")
    parser.add_argument("--out", type=pathlib.Path, default=servers.BUILD / "bench-results.json", help="raw figures")
    options = parser.parse_args()
    if not servers.has_wrk():
        sys.exit("bench: wrk is missing (apt-get install wrk)")
    results = {"machine": machine(), "pairs": options.pairs, "seconds": options.seconds}
    print(f"{results['machine']}, {options.pairs} pairs of {options.seconds} s: medians [95 % interval of the median]")
    for name in options.scenario or SCENARIOS:
        started = time.monotonic()
        results[name] = SCENARIOS[name](options)
        print(f"({name}: {time.monotonic() - started:.0f} s)", flush=True)
        options.out.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
