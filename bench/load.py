"""Load from outside (wrk, the same for everyone) and from `temper bench serve`, and how runs are summed up."""

import json
import math
import pathlib
import re
import statistics
import subprocess
import tempfile

from servers import TEMPER

# Errors of status, reading and time count; wrk's own percentiles are in microseconds.
WRK_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
done = function(summary, latency, requests)
  io.write(string.format("RESULT %f %f %f %d %d\\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.read + summary.errors.timeout, summary.requests))
end
"""


def wrk(url, body, connections, seconds, warmup=0.5):
    """One closed loop of wrk, one thread. Any failed request makes the run void."""
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "post.lua"
        script.write_text(WRK_SCRIPT.format(body=body))
        command = ["wrk", "-t1", f"-c{connections}", "-s", script, url]
        if warmup:
            subprocess.run([*command[:3], f"-d{math.ceil(warmup)}s", *command[3:]], capture_output=True, check=True)
        run = subprocess.run([*command[:3], f"-d{seconds}s", *command[3:]], capture_output=True, text=True, check=True)
    rate, p50, p99, errors, requests = re.search(r"RESULT (\S+) (\S+) (\S+) (\S+) (\S+)", run.stdout).groups()
    if int(errors):
        raise RuntimeError(f"{errors} requests failed at {url}")
    return {"requests_per_s": float(rate), "requests": int(requests), "p50_ms": float(p50), "p99_ms": float(p99)}


def temper_load(url, model, connections, seconds, *options):
    """One run of `temper bench serve`. Any failed request makes the run void."""
    run = subprocess.run(
        [TEMPER, "bench", "serve", "--url", url, "--model", model, "--connections", str(connections), "--seconds",
         str(seconds), "--warmup", "0.5", "--output", "json", *map(str, options)],
        capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"temper bench serve: {run.stdout}{run.stderr}")
    return json.loads(run.stdout)["points"][0]["median"]


def alternate(pairs, *measurements):
    """Runs the measurements by turns, `pairs` times, so that what disturbs the machine disturbs all of them; the order
    is turned round each time. Gives one list of results each."""
    results = [[] for _ in measurements]
    for pair in range(pairs):
        order = range(len(measurements)) if pair % 2 == 0 else reversed(range(len(measurements)))
        for index in order:
            results[index].append(measurements[index]())
    return results


def interval(values):
    """Median, and the order statistics that hold the true median in at least 95 % of samples (all of the sample where
    it is smaller than six). Source: the binomial interval of the sign test."""
    ordered = sorted(values)
    n = len(ordered)
    low = 0
    while 2 * sum(math.comb(n, k) for k in range(low + 2)) / 2 ** n <= 0.05 and low + 1 < n // 2:
        low += 1
    if 2 / 2 ** n > 0.05:
        low = 0
    return statistics.median(ordered), ordered[low], ordered[n - 1 - low]


def interval_text(values, form="{:.2f}"):
    median, low, high = interval(values)
    return f"{form.format(median)} [{form.format(low)}, {form.format(high)}]"
