"""The log of a model that others serve is recorded and watched as if it were served.

The model is a rule: a flight that leaves more than a quarter of an hour late will arrive late.
"""

import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from record_and_watch import FLIGHTS, ROOT, alarms, stored  # noqa: E402
from temper_process import TEMPER, Server, temper, temporary_folder  # noqa: E402

FEATURES = {"dep_delay", "hour", "weekday", "carrier", "origin", "dest", "distance"}


class Ingest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder()
        cls.work = pathlib.Path(cls.folder.name)
        subprocess.run([ROOT / "examples" / "demo" / "prepare.sh", TEMPER, FLIGHTS, cls.work], check=True,
                       stdout=subprocess.DEVNULL)
        cls.january = cls.log("january", "2013-01-01", "2013-02-01")
        cls.february = cls.log("february", "2013-02-01", "2013-02-15")
        cls.july = cls.log("july", "2013-07-01", "2013-07-29")
        # Monday to Monday, like the data's own rhythm.
        text = (ROOT / "profiles" / "single.toml").read_text()
        for old, new in (('drift_check_interval = "24h"', 'drift_check_interval = "7d"'),
                         ('\nperiod = "0"', '\nperiod = "7d"')):
            assert old in text
            text = text.replace(old, new)
        cls.profile = cls.work / "profile.toml"
        cls.profile.write_text(text)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def log(cls, name, first, last, columns="*, CAST(dep_delay > 15 AS INTEGER) AS predicted"):
        """Events with first <= event_time < last, as a file; not in the order of time."""
        file = cls.work / f"{name}.parquet"
        temper("data", "query", cls.work / "flights_2013.parquet", "--out", file, "--sql",
               f"SELECT {columns} FROM data WHERE event_time >= TIMESTAMP '{first}' AND event_time < TIMESTAMP '{last}' "
               "ORDER BY dest, event_time")
        return file

    def setUp(self):
        self.data = self.work / self.id().rsplit(".", 1)[1]

    def ingest(self, file, *options, check=True):
        run = temper("ingest", file, "--model", "scoring", "--data", self.data, "--profile", self.profile, "--output",
                     "json", *options, check=check)
        return json.loads(run.stdout)

    def first(self, file, *options, check=True):
        return self.ingest(file, "--reference", self.january, "--prediction", "predicted", "--label", "late", *options,
                           check=check)

    def refused(self, report):
        return report["error"]["message"] if isinstance(report.get("error"), dict) else str(report)

    def test_july_is_not_january(self):
        report = self.first(self.july)
        self.assertEqual(stored(self.data, "prediction"), report["rows"])
        self.assertEqual(stored(self.data, "feedback JOIN prediction ON prediction_id = id"), report["labels"])
        self.assertGreater(report["checks"], 0)
        self.assertGreater(report["findings"], 0)
        shown = json.loads(temper("alarm", "list", "--model", "scoring", "--data", self.data, "--output", "json").stdout)
        self.assertEqual(len(shown), report["findings"])
        self.assertEqual({event["version"] for event in shown}, {0})
        named = {event["evidence"]["feature"] for event in shown if event["evidence"]["type"] == "alarm"}
        for event in shown:
            if event["evidence"]["type"] == "check":
                named |= {feature["name"] for feature in event["evidence"]["features"] if feature["drift"]}
        self.assertLessEqual(named, FEATURES | {"predicted"})
        self.assertTrue(named & FEATURES, "no finding names a feature")

    def test_logs_go_on_where_the_last_one_ended(self):
        first = self.first(self.february)
        later = self.ingest(self.july, "--label", "late")
        self.assertLess(first["findings"], later["findings"])
        self.assertEqual(stored(self.data, "prediction"), first["rows"] + later["rows"])
        self.assertEqual(len(alarms(self.data)), first["findings"] + later["findings"])

    def test_a_month_in_two_files_is_judged_as_in_one(self):
        whole = self.first(self.july)
        said = [(event["kind"], event["event_time_ns"], event["evidence"]) for event in alarms(self.data)]
        self.data = self.data.with_name(self.data.name + "_in_parts")
        parts = [self.first(self.log("july_1", "2013-07-01", "2013-07-11T09:00:00")),
                 self.ingest(self.log("july_2", "2013-07-11T09:00:00", "2013-07-29"), "--label", "late")]
        for member in whole:
            if member != "model":
                self.assertEqual(sum(part[member] for part in parts), whole[member], member)
        again = [(event["kind"], event["event_time_ns"], event["evidence"]) for event in alarms(self.data)]
        self.assertEqual(sorted(map(json.dumps, again)), sorted(map(json.dumps, said)))

    def test_says_what_is_missing(self):
        self.assertIn("--reference", self.refused(self.ingest(self.july, check=False)))
        short = self.log("short", "2013-07-01", "2013-07-29", "event_time, late, dep_delay, hour")
        self.assertIn("'weekday'", self.refused(self.first(short, check=False)))
        timeless = self.log("timeless", "2013-07-01", "2013-07-29", "dep_delay, hour")
        self.assertIn("--time", self.refused(self.first(timeless, check=False)))
        self.assertIn("'guess'", self.refused(self.ingest(self.july, "--reference", self.january, "--prediction", "guess",
                                                          check=False)))
        # None of these left anything learned behind.
        self.assertEqual(self.first(self.february)["rows"], stored(self.data, "prediction"))
        self.assertIn("has a reference already", self.refused(self.first(self.july, check=False)))
        self.assertIn("'weekday'", self.refused(self.ingest(short, check=False)))
        self.assertIn("'hour'", self.refused(self.ingest(self.july, "--prediction", "hour", check=False)))
        self.assertIn("'hour'", self.refused(self.ingest(self.july, "--exclude", "hour", check=False)))

    def test_a_running_server_owns_the_folder(self):
        self.data.mkdir()
        with Server(self.data):
            message = self.refused(self.first(self.february, check=False))
        self.assertIn("temper serve", message)
        self.assertEqual(self.first(self.february)["rows"], stored(self.data, "prediction"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
