"""temper model add, list, show, alias, remove: as a user runs them, on good files and on broken ones."""

import concurrent.futures
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import unittest

import onnx
from broken_models import broken_models, matmul_model

TEMPER = os.environ["TEMPER_BIN"]
REFUSED = 1


class ModelCommands(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"
        self.good = self.write("good.onnx", matmul_model().SerializeToString())

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def command(self, *words):
        return [TEMPER, "model", *map(str, words), "--data", str(self.data)]

    def run_command(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=120)

    def json_of(self, *words):
        done = self.run_command(*words, "--output", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def refusal_of(self, *words):
        done = self.run_command(*words)
        self.assertEqual(done.returncode, REFUSED, f"{words}: {done.stdout}{done.stderr}")
        return done.stderr

    def versions(self, model):
        listed = {each["name"]: each for each in self.json_of("list")["models"]}
        return listed[model]["versions"] if model in listed else []

    def test_a_model_from_its_registration_to_its_removal(self):
        self.assertEqual(self.json_of("list"), {"models": []})
        self.assertFalse(self.data.exists(), "listing makes no folder")
        first = self.json_of("add", "m", self.good)
        self.assertEqual((first["version"], first["aliases"]), (1, ["champion"]))
        self.assertTrue(first["probe"]["batchable"])
        self.assertTrue(first["probe"]["safe_in_process"])
        second = self.json_of("add", "m", self.good, "--alias", "challenger", "--parent", 1, "--notes", "again")
        self.assertEqual((second["version"], second["aliases"]), (2, ["challenger"]))
        self.assertEqual(second["artifact_sha256"], first["artifact_sha256"])
        self.assertEqual(self.json_of("alias", "m", "champion", 2)["aliases"], {"challenger": 2, "champion": 2})
        self.assertEqual(self.json_of("show", "m", "--version", "champion")["versions"][0]["notes"], "again")
        self.assertIn("champion", self.refusal_of("remove", "m"))
        self.json_of("remove", "m", "--version", 1)
        self.assertEqual(self.versions("m"), [2])
        self.assertGreater(self.json_of("remove", "m", "--force")["freed_bytes"], 0)
        self.assertEqual(self.versions("m"), [])

    def test_roles_and_feature_map_come_from_the_file_unless_options_say_otherwise(self):
        model = matmul_model()
        onnx.helper.set_model_props(model, {
            "temper.task": "classification",
            "temper.probability_output": "y",
            "temper.feature_map": '{"a": {"input": "x", "column": 0}}',
            "made_by": "hand"
        })
        path = self.write("roles.onnx", model.SerializeToString())
        record = self.json_of("add", "roles", path)
        self.assertEqual(record["roles"]["task"], "classification")
        self.assertEqual(record["roles"]["probability_output"], "y")
        self.assertEqual(record["feature_map"], {"a": {"input": "x", "column": 0}})
        self.assertEqual(record["metadata"]["made_by"], "hand")
        record = self.json_of("add", "roles", path, "--task", "regression", "--label-output", "y")
        self.assertEqual((record["roles"]["task"], record["roles"]["label_output"]), ("regression", "y"))
        self.assertIn("it has y", self.refusal_of("add", "roles", path, "--label-output", "z"))

    def test_a_reference_is_kept_and_its_label_must_be_a_column(self):
        rows = "".join(f"{k},{k % 7},{k % 3},{-k},{k % 2}\n" for k in range(200))
        table = self.write("table.csv", ("a,b,c,d,late\n" + rows).encode())
        record = self.json_of("add", "m", self.good, "--reference", table, "--label", "late")
        self.assertEqual(record["reference"]["original_name"], "table.csv")
        self.assertEqual(record["reference"]["label_column"], "late")
        self.assertEqual(pathlib.Path(record["reference"]["file"]).read_bytes(), table.read_bytes())
        self.assertIn("'late'", self.refusal_of("add", "m", self.good, "--reference", table, "--label", "lat"))
        self.assertIn("--reference", self.refusal_of("add", "m", self.good, "--label", "late"))
        narrow = self.write("narrow.csv", b"a,b,late\n1,2,0\n3,4,1\n")
        self.assertIn("takes 4 features", self.refusal_of("add", "m", self.good, "--reference", narrow, "--label", "late"))
        self.assertEqual(self.versions("m"), [1])
        self.assertTrue((self.data / "references" / "m.1.drift").exists())
        self.json_of("remove", "m", "--force")
        self.assertFalse((self.data / "references" / "m.1.drift").exists())

    def test_broken_files_are_refused_with_their_fault_and_nothing_is_kept(self):
        self.json_of("add", "m", self.good)
        for name, (content, phrase) in broken_models().items():
            with self.subTest(name):
                path = self.write(f"{name}.onnx", content)
                error = self.refusal_of("add", "m", path, "--time-limit", "3s")
                self.assertIn(phrase, error)
                self.assertIn(path.name, error)
                self.assertNotIn(".staging", error)
        self.assertEqual(self.versions("m"), [1])
        kept = [path.name for path in (self.data / "artifacts").iterdir() if path.suffix == ".onnx"]
        self.assertEqual(len(kept), 1)

    def test_commands_at_once_get_a_version_each(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            added = list(pool.map(lambda _: self.json_of("add", "m", self.good)["version"], range(8)))
        self.assertEqual(sorted(added), list(range(1, 9)))

    def test_a_killed_command_leaves_the_registry_intact(self):
        self.json_of("add", "m", self.good)
        chance = random.Random(2013)
        for _ in range(8):
            process = subprocess.Popen(self.command("add", "m", self.good), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                process.wait(chance.uniform(0, 0.5))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
        for record in self.json_of("show", "m")["versions"]:
            self.assertEqual(pathlib.Path(record["artifact"]).read_bytes(), self.good.read_bytes())
        last = self.json_of("add", "m", self.good)["version"]
        self.json_of("remove", "m", "--version", last)
        left = [path.name for path in (self.data / "artifacts").iterdir() if path.name != ".lock"]
        self.assertEqual(len(left), 1, "the removal collects what killed commands left")


if __name__ == "__main__":
    unittest.main(verbosity=2)
