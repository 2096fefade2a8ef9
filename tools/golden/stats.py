#!/usr/bin/env python3
"""Makes tests/golden/stats/two_samples.json: what SciPy answers for distances and tests of two samples.

Usage: ~/.cache/temper/venv/bin/python tools/golden/stats.py

Large samples are not stored but made by a rule that is the same to the last bit here and in C++:
value i of (n, scale, shift) is fmod(i * 0.6180339887498949, 1) * scale + shift for i = 1..n.
"""
import json
import math
import pathlib

import numpy as np
import scipy
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

SEED = 20260102
OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "stats" / "two_samples.json"
rng = np.random.default_rng(SEED)


def plain(values):
    """Numbers as JSON can hold them: infinities as strings."""
    return [("inf" if v > 0 else "-inf") if math.isinf(v) else float(v) for v in values]


def samples():
    """Name -> two samples of every kind that has a trap: ties, constants, tiny, infinite, unequal sizes."""
    normal = rng.standard_normal
    inf = math.inf
    return {
        "normal_equal_sizes": (normal(60), normal(60)),
        "normal_shifted": (normal(120), normal(80) + 0.7),
        "far_apart": (normal(40), normal(45) + 30),
        "ties": (rng.integers(0, 6, 150), rng.integers(1, 7, 90)),
        "one_constant": (np.full(20, 3.0), normal(25) + 3),
        "equal_constants": (np.full(10, 3.0), np.full(7, 3.0)),
        "different_constants": (np.full(10, 3.0), np.full(10, 4.0)),
        "single_values": (np.array([1.0]), np.array([2.0])),
        "one_against_many": (np.array([0.5]), normal(30)),
        "same_sample": (np.arange(25.0), np.arange(25.0)),
        "heavy_tail": (rng.standard_cauchy(100), rng.standard_cauchy(100) * 2),
        "huge_and_tiny": (normal(30) * 1e70, normal(30) * 1e-70),
        "infinite": (np.array([-inf, 0.0, 1.0, inf]), np.array([-inf, 0.5, 2.0, 3.0, inf, inf])),
        "zeros_of_both_signs": (np.array([0.0, -0.0, 1.0]), np.array([-0.0, -0.0, 0.0, 1.0, 2.0])),
    }


def two_samples():
    for name, (a, b) in samples().items():
        a, b = np.asarray(a, float), np.asarray(b, float)
        ks = stats.ks_2samp(a, b, method="exact")
        case = {"name": name, "reference": plain(a), "current": plain(b),
                "ks": {"statistic": float(ks.statistic), "p_value": float(ks.pvalue)}}
        if np.isfinite(a).all() and np.isfinite(b).all():
            case["wasserstein"] = float(stats.wasserstein_distance(a, b))
            case["moments"] = [[len(v), float(np.mean(v)), float(np.var(v, ddof=1)) if len(v) > 1 else 0.0,
                                float(v.min()), float(v.max())] for v in (a, b)]
            if len(a) > 1 and len(b) > 1 and a.std() > 0 and b.std() > 0:
                welch = stats.ttest_ind(b, a, equal_var=False)
                if math.isfinite(welch.statistic):
                    case["welch"] = {"statistic": float(welch.statistic), "p_value": float(welch.pvalue),
                                     "degrees": float(welch.df)}
        yield case


def rule(n, scale, shift):
    return np.fmod(np.arange(1, n + 1) * 0.6180339887498949, 1.0) * scale + shift


def large_samples():
    for a, b in [((20000, 1, 0), (15000, 1, 0.004)), ((20000, 1, 0), (15000, 1.02, 0)), ((100000, 1, 0), (500, 1, 0.05)),
                 ((12000, 1, 0), (12000, 1, 0.02)), ((30000, 2, -1), (40, 1, 0)), ((9000, 1, 0), (10000, 1, 0.01)),
                 ((500, 1, 0), (10000, 1.05, 0))]:
        x, y = rule(*a), rule(*b)
        ks = stats.ks_2samp(x, y)
        yield {"reference": a, "current": b, "statistic": float(ks.statistic), "p_value": float(ks.pvalue),
               "wasserstein": float(stats.wasserstein_distance(x, y))}


def binned():
    groups = [[10, 20, 30, 40], [5, 5, 5, 5, 5, 5, 5, 5, 5, 5], [100, 0, 3], [0, 0, 7, 2], [1, 0], [1000, 20, 5], [50, 50]]
    others = [[12, 18, 33, 37], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [0, 50, 3], [3, 0, 7, 0], [0, 1], [900, 30, 1], [500, 520]]
    for p, q in zip(groups, others):
        p, q = np.array(p), np.array(q)
        seen = p + q > 0
        shares = [(c[seen] + 0.5) / (c.sum() + 0.5 * seen.sum()) for c in (p, q)]
        psi = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
        chi = stats.chi2_contingency(np.array([p, q])[:, seen], correction=False)
        yield {"reference": p.tolist(), "current": q.tolist(), "psi": psi,
               "corrected": max(0.0, psi - (int(seen.sum()) - 1) * (1 / p.sum() + 1 / q.sum())),
               "js_distance": float(jensenshannon(p, q, base=2)), "chi_square": float(chi.statistic),
               "p_value": float(chi.pvalue), "degrees": float(chi.dof), "smallest_expected": float(chi.expected_freq.min())}


def fits():
    for counts, shares in [([10, 20, 30], [1, 1, 1]), ([5, 0, 95], [0.1, 0.1, 0.8]), ([7, 7], [3, 3])]:
        c, s = np.array(counts), np.array(shares, float)
        chi = stats.chisquare(c, s / s.sum() * c.sum())
        yield {"counts": counts, "shares": shares, "statistic": float(chi.statistic), "p_value": float(chi.pvalue)}


def tails():
    return {
        "normal": [[z, float(stats.norm.cdf(z)), float(stats.norm.sf(z))] for z in (-9, -3, -1, 0, 0.5, 2, 5, 12)],
        "normal_quantile": [[p, float(stats.norm.ppf(p))] for p in (1e-300, 1e-9, 0.025, 0.5, 0.9, 0.999999)],
        "student_t": [[t, df, float(2 * stats.t.sf(abs(t), df))]
                      for t in (0.0, -1.3, 2.5, 40.0) for df in (1, 2.5, 30, 5000.7)],
        "chi_square": [[x, df, float(stats.chi2.sf(x, df))] for x in (0.0, 0.1, 3.0, 50.0, 900.0) for df in (1, 4, 99)],
        "kolmogorov_limit": [[z, float(special.kolmogorov(z))] for z in (0.2, 0.5, 0.79, 0.81, 1, 1.36, 2, 4)],
        "smirnov": [[n, d, float(special.smirnov(n, d))] for n in (1, 2, 10, 500, 5000, 50000)
                    for d in (0.001, 0.01, 0.05, 0.3, 0.7) if special.smirnov(n, d) > 1e-30],
        "kolmogorov": [[n, d, float(stats.kstwo.sf(d, n))] for n in (1, 2, 5, 20, 100, 140, 141, 1000, 7500, 50000)
                       for d in (0.0005, 0.002, 0.007, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.9)
                       if stats.kstwo.sf(d, n) > 1e-20],
        "ks_exact": [[n, m, h / math.lcm(n, m), float(exact_p(n, m, h))] for n, m, h in
                     [(5, 7, 20), (10, 10, 6), (100, 80, 60), (200, 300, 60), (97, 89, 1500), (1000, 1000, 45),
                      (999, 1001, 60000), (10000, 10000, 230)]],
    }


def exact_p(n, m, h):
    """Two samples without ties whose statistic is h / lcm do not exist for every h: ask SciPy's own step."""
    from scipy.stats import _stats_py
    return _stats_py._attempt_exact_2kssamp(n, m, math.gcd(n, m), h / math.lcm(n, m), "two-sided")[2]


def main():
    golden = {"scipy": scipy.__version__, "numpy": np.__version__, "seed": SEED, "two_samples": list(two_samples()),
              "large_samples": list(large_samples()), "binned": list(binned()), "fits": list(fits()), "tails": tails()}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(golden, separators=(",", ":")).replace("},{", "},\n{") + "\n")
    print(OUT, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
