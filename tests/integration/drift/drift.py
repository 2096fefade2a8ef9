"""`temper drift` and `temper reference build` on the flights of 2013 and on a table of every kind of column.

The statistics of the months against January are those of DATA.md, and SciPy's on the same rows.
"""

import html.parser
import json
import math
import os
import pathlib
import sys
import tempfile

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp, wasserstein_distance

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from temper_process import temper  # noqa: E402

FLIGHTS = pathlib.Path(os.environ["TEMPER_DEPS"]) / "data" / "nycflights13" / "flights.csv"
# Month, column, Kolmogorov-Smirnov statistic against January.
GOLDEN = [(2, "arr_delay", 0.015), (7, "arr_delay", 0.092), (9, "arr_delay", 0.202), (12, "dep_delay", 0.137)]


def drift(*arguments):
    return json.loads(temper("drift", *arguments, "--output", "json").stdout)


def column(result, name):
    return next(each for each in result["columns"] if each["name"] == name)


def close(a, b, relative=1e-6):
    return math.isclose(a, b, rel_tol=relative, abs_tol=1e-12)


def months(folder):
    for month in sorted({1} | {each[0] for each in GOLDEN}):
        temper("data", "query", FLIGHTS, "--sql", f"SELECT * FROM data WHERE month = {month}", "--out",
               folder / f"m{month}.parquet")


def check_golden(folder):
    flights = pd.read_csv(FLIGHTS, usecols=["month", "arr_delay", "dep_delay"])
    january = flights[flights.month == 1]
    for month, name, statistic in GOLDEN:
        result = drift(folder / "m1.parquet", folder / f"m{month}.parquet", "--columns", f"{name},carrier")
        assert {each["name"] for each in result["columns"]} == {name, "carrier"}, result
        got = column(result, name)
        assert round(got["ks"]["statistic"], 3) == statistic, got
        a, b = january[name].dropna(), flights[flights.month == month][name].dropna()
        expected = ks_2samp(a, b)
        assert close(got["ks"]["statistic"], expected.statistic, 1e-9), (got, expected)
        # Below SciPy's own precision the two need not agree.
        assert expected.pvalue < 1e-20 or close(got["ks"]["p_value"], expected.pvalue, 1e-4), (got, expected)
        assert close(got["wasserstein"], wasserstein_distance(a, b), 1e-9), got
        assert close(got["js_distance"] ** 2, got["js"], 1e-9), got
        assert result["drift"] == (result["drift_score"] > 0.15)
        assert result["drift_score"] == max(each["psi_corrected"] for each in result["columns"])


def check_stored_reference(folder):
    out = folder / "january.reference"
    built = json.loads(temper("reference", "build", folder / "m1.parquet", "--out", out, "--time", "time_hour",
                              "--exclude", "year,month,day", "--output", "json").stdout)
    assert built["rows"] == 27004 and built["seasonal"], built
    raw = drift(folder / "m1.parquet", folder / "m9.parquet", "--columns", "arr_delay,dest")
    stored = drift(out, folder / "m9.parquet", "--columns", "arr_delay,dest")
    assert stored["drift_score"] == raw["drift_score"], (stored, raw)
    ks = column(stored, "arr_delay")["ks"]
    assert abs(ks["statistic"] - column(raw, "arr_delay")["ks"]["statistic"]) <= ks["sketch_error"] < 0.03, ks
    again = folder / "again.reference"
    temper("reference", "build", folder / "m1.parquet", "--out", again, "--time", "time_hour", "--exclude",
           "year,month,day")
    assert again.read_bytes() == out.read_bytes(), "the same rows give the same bytes"
    damaged = bytearray(out.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder / "damaged").write_bytes(damaged)
    refused = temper("drift", folder / "damaged", folder / "m9.parquet", check=False)
    assert refused.returncode == 1 and "changed" in refused.stderr, refused


class Page(html.parser.HTMLParser):
    """Collects the tags, and fails on any that could run or fetch something."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "img", "link", "iframe", "object", "embed"), tag
        for name, value in attributes:
            assert not name.startswith("on") and name != "src", (tag, name)
            assert name != "href" or value.startswith("#"), (tag, value)
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def mixed_tables(rows, rng, shifted):
    """30 columns: every type, with NaN, constants, unseen categories, nothing at all, and hostile names."""
    table = {}
    for i in range(8):
        table[f"number{i}"] = rng.standard_normal(rows) + (1.5 if shifted and i == 0 else 0)
    for i in range(4):
        holes = rng.standard_normal(rows)
        holes[rng.random(rows) < (0.5 if shifted and i == 0 else 0.1)] = np.nan
        table[f"holes{i}"] = holes
    for i in range(3):
        table[f"integer{i}"] = rng.integers(0, 10 ** (i + 1), rows)
    table["constant"] = np.full(rows, 3.0)
    table["constant_text"] = ["same"] * rows
    table["nothing"] = [None] * rows
    table["vanishes"] = [None] * rows if shifted else rng.standard_normal(rows)
    table["appears"] = rng.standard_normal(rows) if shifted else [None] * rows
    table["infinite"] = np.where(rng.random(rows) < 0.01, np.inf, rng.standard_normal(rows))
    table["flag"] = rng.random(rows) < 0.3
    table["letter"] = rng.choice(list("abcx" if shifted else "abc"), rows)
    table["id"] = [f"id{i}" for i in rng.integers(0, 10 * rows, rows)]
    table["comment"] = [" ".join(["word"] * int(n)) + f" {i}" for i, n in enumerate(rng.integers(8, 30, rows))]
    table["when"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 86400 * 30, rows), unit="s")
    table["later"] = pd.Timestamp("2026-03-01" if shifted else "2026-01-01") + pd.to_timedelta(
        rng.integers(0, 86400 * 30, rows), unit="s")
    table["<script>alert(1)</script>"] = rng.standard_normal(rows)
    table["a \"quoted\" & 'odd' name"] = rng.choice(["<b>", "&amp;", "\"'"], rows)
    table["type"] = ["text"] * rows if shifted else rng.standard_normal(rows)
    return pd.DataFrame(table)


def check_mixed_types(folder):
    rng = np.random.default_rng(7)
    reference, current = mixed_tables(1500, rng, False), mixed_tables(1200, rng, True)
    assert len(reference.columns) == 30
    reference.to_csv(folder / "reference.csv", index=False)
    current.to_csv(folder / "current.csv", index=False)
    report = folder / "report.html"
    result = drift(folder / "reference.csv", folder / "current.csv", "--report", report, "--time", "when")
    verdicts = {each["name"]: each["verdict"] for each in result["columns"]}
    assert len(verdicts) == 29 and result["drift"], verdicts
    drifted = {name for name, verdict in verdicts.items() if verdict == "drift"}
    assert drifted == {"number0", "letter", "type"}, drifted
    assert verdicts["nothing"] == "no values" and verdicts["vanishes"] == "no current values", verdicts
    assert verdicts["appears"] == "no reference values" and verdicts["later"] == "clock", verdicts
    assert verdicts["constant"] == "stable" and column(result, "constant")["psi"] == 0, verdicts
    types = {each["name"]: each["type"] for each in result["columns"]}
    assert types["comment"] == "text" and types["flag"] == types["letter"] == "categorical", types
    assert types["later"] == "datetime" and types["integer0"] == "categorical" and types["integer2"] == "numeric", types
    assert column(result, "letter")["unseen"]["rows"] > 200, column(result, "letter")
    assert column(result, "holes0")["missing_rate"]["p_value"] < 1e-9, column(result, "holes0")
    check_page(report, result)

    stored = folder / "mixed.reference"
    temper("reference", "build", folder / "reference.csv", "--out", stored)
    against = drift(stored, folder / "current.csv")
    assert {each["name"] for each in against["columns"]} == set(reference.columns), against
    text = temper("drift", folder / "reference.csv", folder / "current.csv").stdout
    assert text.startswith("DRIFT") and "number0" in text, text


def check_page(report, result):
    page = Page()
    source = report.read_text()
    page.feed(source)
    text = " ".join(page.text)
    for each in result["columns"]:
        assert each["name"] in text, each["name"]
    assert "<script" not in source.lower() and "http" not in source.replace("http://www.w3.org/2000/svg", ""), "self-contained"
    assert page.tags.count("section") == len(result["columns"]) and page.tags.count("svg") > 20, page.tags.count("svg")


def check_command_line(folder):
    for arguments in (["drift"], ["drift", folder / "m1.parquet"], ["reference"], ["reference", "build"]):
        assert temper(*arguments, check=False).returncode == 2, arguments
    (folder / "empty.csv").write_text("a,b\n")
    (folder / "one.csv").write_text("a,b\n1,x\n")
    assert column(drift(folder / "empty.csv", folder / "one.csv"), "a")["verdict"] == "no reference values"
    unknown = temper("drift", folder / "one.csv", folder / "one.csv", "--columns", "c", check=False)
    assert unknown.returncode == 1 and "'c'" in unknown.stderr, unknown
    missing = temper("drift", folder / "one.csv", folder / "none.csv", "--output", "json", check=False)
    assert missing.returncode == 1 and json.loads(missing.stdout)["error"]["code"] == "NOT_FOUND", missing


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        months(folder)
        check_golden(folder)
        check_stored_reference(folder)
        check_mixed_types(folder)
        check_command_line(folder)
    print("drift: months of flights, a stored reference, 30 columns of mixed types, the command line")


if __name__ == "__main__":
    main()
