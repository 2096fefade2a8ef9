#!/usr/bin/env python3
"""Makes tests/golden/stats/sequential.json: what SciPy and river answer for multiple tests, exact intervals and detectors.

Usage: PYTHON tools/golden/sequential.py, with numpy, scipy and river==0.26.1 installed (river is no requirement of the
project's own environment).
"""
import json
import pathlib

import numpy as np
import river
import scipy
from river import drift
from scipy import stats

SEED = 20260101
OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "stats" / "sequential.json"
rng = np.random.default_rng(SEED)


def holm(p):
    """Straight from the definition: the running maximum of (m - i) p_(i)."""
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1, (len(p) - np.arange(len(p))) * np.asarray(p)[order])
    out = np.empty(len(p))
    out[order] = np.maximum.accumulate(steps)
    return out


def multiple():
    cases = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.2, 0.2, 0.2], [0, 1, 1e-12, 0.05, 0.05],
             np.round(rng.beta(0.4, 2, 40), 6).tolist()]
    return [{"p": p, "holm": holm(p).tolist(), "bh": stats.false_discovery_control(p).tolist()} for p in cases]


def intervals():
    out = []
    for hits, outcomes in [(0, 654), (3, 2000), (1, 1), (0, 1), (50, 100), (2000, 2000)]:
        ci = stats.binomtest(hits, outcomes).proportion_ci(0.95, "exact")
        out.append({"hits": hits, "outcomes": outcomes, "low": ci.low, "high": ci.high})
    return out


def stream(kind):
    if kind == "steps":
        x = np.concatenate([rng.normal(m, 1, 700) for m in (0, 1, -0.5, 3)])
    elif kind == "bits":
        x = np.concatenate([rng.random(900) < p for p in (0.2, 0.5, 0.25)]).astype(float)
    elif kind == "quiet":
        x = rng.normal(5, 0.3, 2000)
    else:
        x = np.full(500, 2.0)
    return np.round(x, 4).tolist()


def detectors():
    out = []
    for kind in ("steps", "bits", "quiet", "constant"):
        x = stream(kind)
        adwin, hinkley = drift.ADWIN(), drift.PageHinkley(threshold=20)
        cuts, alarms = [], []
        for i, value in enumerate(x):
            adwin.update(value)
            if adwin.drift_detected:
                cuts.append(i)
            hinkley.update(value)
            if hinkley.drift_detected:
                alarms.append(i)
        out.append({"stream": kind, "values": x, "adwin": cuts, "adwin_width": adwin.width,
                    "adwin_mean": adwin.estimation, "page_hinkley": alarms})
    return out


def mmd():
    """The biased estimate with the exact kernel, which random features approach."""
    a, b = np.round(rng.normal(0, 1, (150, 4)), 4), np.round(rng.normal(0.5, 1, (120, 4)), 4)
    width = 2.0

    def kernel(u, v):
        return np.exp(-((u[:, None] - v[None]) ** 2).sum(-1) / (2 * width**2))

    squared = kernel(a, a).mean() + kernel(b, b).mean() - 2 * kernel(a, b).mean()
    return {"reference": a.ravel().tolist(), "current": b.ravel().tolist(), "dimension": 4, "bandwidth": width,
            "squared": float(squared)}


OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps({
    "made_by": "tools/golden/sequential.py", "seed": SEED,
    "packages": {"numpy": np.__version__, "scipy": scipy.__version__, "river": river.__version__},
    "multiple": multiple(), "intervals": intervals(), "detectors": detectors(), "mmd": mmd()}) + "\n")
