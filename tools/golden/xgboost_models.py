#!/usr/bin/env python3
"""Makes tests/golden/trainers/xgboost.json: small models as XGBoost's own Python package saves and predicts them.

Usage: ~/.cache/temper/venv/bin/python tools/golden/xgboost_models.py

Each case holds the model document, rows (null = missing), and the float32 margins and predictions, printed with the nine
digits that name a float32.
"""
import json
import math
import pathlib

import numpy as np
import xgboost as xgb

SEED = 20130101
OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "trainers" / "xgboost.json"
rng = np.random.default_rng(SEED)

CASES = [
    ("binary:logistic", {"max_depth": 3}, 6),
    ("binary:logistic", {"max_depth": 5, "base_score": 0.1, "scale_pos_weight": 3}, 4),
    ("multi:softprob", {"num_class": 4, "max_depth": 2}, 3),
    ("reg:squarederror", {"max_depth": 4}, 5),
    ("reg:squarederror", {"tree_method": "exact", "gamma": 2, "max_depth": 6}, 4),  # pruned: slots stay behind
    ("reg:squarederror", {"num_parallel_tree": 3, "subsample": 0.6, "max_depth": 3}, 2),
    ("count:poisson", {"max_depth": 3}, 4),
    ("reg:gamma", {"max_depth": 3}, 4),
    ("reg:tweedie", {"max_depth": 3, "grow_policy": "lossguide", "max_leaves": 6}, 4),
    ("reg:absoluteerror", {"max_depth": 3}, 4),
    ("reg:logistic", {"max_depth": 3}, 4),
]


def features(rows):
    x = rng.normal(size=(rows, 4)).astype(np.float32)
    x[:, 1] = rng.integers(0, 5, size=rows)
    x[rng.random(x.shape) < 0.15] = np.nan
    return x


def labels(objective, x, params):
    score = np.nan_to_num(x[:, 0]) + 0.5 * np.nan_to_num(x[:, 1]) + 0.3 * rng.normal(size=len(x))
    if objective == "binary:logistic":
        return score > 1
    if objective == "multi:softprob":
        return np.clip(np.floor(score + 1), 0, params["num_class"] - 1)
    if objective == "reg:logistic":
        return 1 / (1 + np.exp(-score))
    if objective == "count:poisson":
        return np.floor(np.exp(score))
    if objective in ("reg:gamma", "reg:tweedie"):
        return np.exp(score)
    return score


def float_list(values):
    return [None if math.isnan(v) else float(f"{v:.9g}") for v in np.asarray(values, np.float32).reshape(-1)]


def case(objective, params, rounds):
    x = features(300)
    train = xgb.DMatrix(x, label=labels(objective, x, params))
    booster = xgb.train({"objective": objective, "nthread": 1, "seed": SEED, **params}, train, rounds)
    test = features(24)
    rows = xgb.DMatrix(test)
    return {
        "objective": objective,
        "parameters": params,
        "document": json.loads(bytes(booster.save_raw("json"))),
        "rows": float_list(test),
        "margins": float_list(booster.predict(rows, output_margin=True)),
        "predictions": float_list(booster.predict(rows)),
    }


def main():
    golden = {
        "package": "xgboost",
        "version": xgb.__version__,
        "seed": SEED,
        "features": 4,
        "cases": [case(*c) for c in CASES],
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{OUT}: {len(CASES)} cases, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
