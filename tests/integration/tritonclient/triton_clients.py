"""Triton's own Python clients against `temper serve`: HTTP and gRPC, JSON, binary and typed contents.

The expectation is ONNX Runtime alone on the same file: equal to the bit where a request runs by
itself, within the tolerance measured at registration where rows of several callers share a run.
"""

import http.client
import json
import os
import sys
import unittest

import grpc
import numpy as np
import onnxruntime
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import DATA, Server  # pylint: disable=wrong-import-position

SEED = 20130101
VARIED_INPUTS = 100
CALLERS = 64
MODELS = {name: os.path.join(DATA, name, "model.onnx") for name in ("magika", "minilm_int8")}
OUTPUTS = {"magika": "target_label", "minilm_int8": "last_hidden_state"}

server = None
alone = {}


def setUpModule():  # pylint: disable=invalid-name
    """One server and one bare session a model for all tests."""
    global server  # pylint: disable=global-statement
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    for name, path in MODELS.items():
        alone[name] = onnxruntime.InferenceSession(path, options,
                                                   providers=["CPUExecutionProvider"])
    server = Server(MODELS)


def tearDownModule():  # pylint: disable=invalid-name
    """SIGTERM ends the server in order."""
    log = server.log()
    status = server.stop()
    if status != 0:
        raise AssertionError(f"temper serve ended with status {status}:\n{log}")


def magika_inputs(rng, rows):
    """Tokens of `rows` files: bytes, and 256 for padding."""
    return {"bytes": rng.integers(0, 257, (rows, 2048), dtype=np.int32)}


def minilm_inputs(rng, rows):
    """Sentences of one length, some of them padded."""
    length = int(rng.integers(3, 33))
    ids = rng.integers(1000, 30000, (rows, length), dtype=np.int64)
    mask = np.ones_like(ids)
    for row in range(1, rows):
        mask[row, int(rng.integers(2, length + 1)):] = 0
    return {"input_ids": ids * mask, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


MAKERS = {"magika": magika_inputs, "minilm_int8": minilm_inputs}


def expected(model, inputs):
    """What ONNX Runtime answers to exactly these rows."""
    return alone[model].run([OUTPUTS[model]], inputs)[0]


def expected_by_row(model, inputs):
    """What ONNX Runtime answers to each row alone."""
    rows = len(next(iter(inputs.values())))
    return np.concatenate([expected(model, {name: value[row:row + 1]
                                            for name, value in inputs.items()})
                           for row in range(rows)])


def tensors(module, inputs, **options):
    """The client's input objects."""
    made = []
    for name, value in inputs.items():
        tensor = module.InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
        tensor.set_data_from_numpy(value, **options)
        made.append(tensor)
    return made


def typed_request(model, inputs):
    """A gRPC request with typed instead of raw contents, which the client cannot make."""
    request = service_pb2.ModelInferRequest(model_name=model)
    for name, value in inputs.items():
        tensor = request.inputs.add(name=name, datatype=np_to_triton_dtype(value.dtype),
                                    shape=value.shape)
        field = {"INT32": "int_contents", "INT64": "int64_contents"}[tensor.datatype]
        getattr(tensor.contents, field).extend(value.ravel().tolist())
    return request


class Clients:
    """The same calls in every encoding."""

    def __init__(self):
        self.http = http_client.InferenceServerClient(server.addresses["http"],
                                                      concurrency=CALLERS)
        self.grpc = grpc_client.InferenceServerClient(server.addresses["grpc"])
        self.http_admin = http_client.InferenceServerClient(server.addresses["admin"])
        self.grpc_admin = grpc_client.InferenceServerClient(server.addresses["admin_grpc"])
        self.channel = grpc.insecure_channel(server.addresses["grpc"])
        self.stub = service_pb2_grpc.GRPCInferenceServiceStub(self.channel)

    def close(self):
        """Closes every connection."""
        for client in (self.http, self.grpc, self.http_admin, self.grpc_admin, self.channel):
            client.close()

    def http_json(self, model, inputs):
        """Numbers as JSON both ways."""
        wanted = [http_client.InferRequestedOutput(OUTPUTS[model], binary_data=False)]
        result = self.http.infer(model, tensors(http_client, inputs, binary_data=False),
                                 outputs=wanted)
        return result.as_numpy(OUTPUTS[model])

    def http_binary(self, model, inputs):
        """Binary tensors both ways."""
        return self.http.infer(model, tensors(http_client, inputs)).as_numpy(OUTPUTS[model])

    def http_gzip(self, model, inputs):
        """Binary tensors, compressed both ways."""
        result = self.http.infer(model, tensors(http_client, inputs),
                                 request_compression_algorithm="gzip",
                                 response_compression_algorithm="gzip")
        return result.as_numpy(OUTPUTS[model])

    def grpc_raw(self, model, inputs):
        """Raw contents, as the gRPC client always sends them."""
        return self.grpc.infer(model, tensors(grpc_client, inputs)).as_numpy(OUTPUTS[model])

    def grpc_typed(self, model, inputs):
        """Typed contents."""
        response = self.stub.ModelInfer(typed_request(model, inputs))
        return np.frombuffer(response.raw_output_contents[0], dtype=np.float32).reshape(
            response.outputs[0].shape)

    def encodings(self):
        """Every way to ask."""
        return [self.http_json, self.http_binary, self.http_gzip, self.grpc_raw, self.grpc_typed]


class TritonClientTest(unittest.TestCase):
    """One cause a test; all share the server."""

    def setUp(self):
        self.clients = Clients()
        self.addCleanup(self.clients.close)
        self.rng = np.random.default_rng(SEED)

    def test_health_and_metadata(self):
        """Both protocols say the same about the server."""
        for client in (self.clients.http, self.clients.grpc):
            self.assertTrue(client.is_server_live())
            self.assertTrue(client.is_server_ready())
            self.assertTrue(client.is_model_ready("magika"))
            self.assertTrue(client.is_model_ready("magika", "1"))
            self.assertFalse(client.is_model_ready("magika", "9"))
            self.assertFalse(client.is_model_ready("nobody"))
        over_http = self.clients.http.get_server_metadata()
        over_grpc = self.clients.grpc.get_server_metadata(as_json=True)
        self.assertEqual(over_http["name"], "temper")
        self.assertEqual(over_http, over_grpc)
        self.assertIn("binary_tensor_data", over_http["extensions"])

    def test_model_metadata_is_that_of_the_graph(self):
        """Names, datatypes and free dimensions as ONNX Runtime sees them."""
        datatypes = {"tensor(int32)": "INT32", "tensor(int64)": "INT64", "tensor(float)": "FP32"}

        def described(arguments):
            return [(each.name, datatypes[each.type],
                     [size if isinstance(size, int) else -1 for size in each.shape])
                    for each in arguments]

        for model, session in alone.items():
            over_http = self.clients.http.get_model_metadata(model)
            over_grpc = self.clients.grpc.get_model_metadata(model)
            self.assertEqual(over_http["versions"], ["1"])
            self.assertEqual(list(over_grpc.versions), ["1"])
            for side, arguments in (("inputs", session.get_inputs()),
                                    ("outputs", session.get_outputs())):
                self.assertEqual([(t["name"], t["datatype"], t["shape"]) for t in over_http[side]],
                                 described(arguments))
                self.assertEqual([(t.name, t.datatype, list(t.shape))
                                  for t in getattr(over_grpc, side)], described(arguments))

    def test_model_configuration(self):
        """Rows share runs where registration allows it, and only there."""
        for model in MODELS:
            over_http = self.clients.http.get_model_config(model)
            over_grpc = self.clients.grpc.get_model_config(model).config
            self.assertEqual(over_http["name"], model)
            self.assertEqual(over_grpc.name, model)
            self.assertEqual(over_http["max_batch_size"], over_grpc.max_batch_size)
            self.assertEqual(over_http["max_batch_size"] > 0, server.report(model)["batchable"])

    def test_varied_inputs_alone_are_equal_to_the_bit(self):
        """Every encoding in turn, with different row counts and lengths."""
        for model, make in MAKERS.items():
            encodings = self.clients.encodings()
            for number in range(VARIED_INPUTS):
                inputs = make(self.rng, 1 + number % 4)
                ask = encodings[number % len(encodings)]
                with self.subTest(model=model, number=number, encoding=ask.__name__):
                    answer = ask(model, inputs)
                    np.testing.assert_array_equal(answer, expected(model, inputs), strict=True)

    def check_answer(self, model, inputs, answer):
        """Within the registered tolerance of each row alone; equal to the bit where never batched."""
        report = server.report(model)
        if not report["batchable"]:
            np.testing.assert_array_equal(answer, expected(model, inputs), strict=True)
            return
        reference = expected_by_row(model, inputs)
        self.assertEqual(answer.shape, reference.shape)
        self.assertLessEqual(float(np.max(np.abs(answer - reference))), report["batch_tolerance"])

    def test_callers_at_once_each_get_their_own_rows(self):
        """64 requests in flight with 1 to 8 rows, over each protocol."""
        for model, make in MAKERS.items():
            asked = [make(self.rng, 1 + caller % 8) for caller in range(CALLERS)]
            before = self.statistics(model)
            # In microseconds: 64 callers on a busy machine may wait longer than the default of 10 s.
            patience = 100_000_000
            pending = [self.clients.http.async_infer(model, tensors(http_client, inputs), timeout=patience)
                       for inputs in asked]
            for inputs, request in zip(asked, pending):
                self.check_answer(model, inputs, request.get_result().as_numpy(OUTPUTS[model]))
            typed = [typed_request(model, inputs) for inputs in asked]
            for request in typed:
                request.parameters["timeout"].int64_param = patience
            stub_calls = [self.clients.stub.ModelInfer.future(request) for request in typed]
            for inputs, call in zip(asked, stub_calls):
                response = call.result()
                answer = np.frombuffer(response.raw_output_contents[0], dtype=np.float32)
                self.check_answer(model, inputs, answer.reshape(response.outputs[0].shape))
            after = self.statistics(model)
            rows = sum(len(next(iter(inputs.values()))) for inputs in asked)
            self.assertEqual(after["inference_count"] - before["inference_count"], 2 * rows)
            runs = after["execution_count"] - before["execution_count"]
            print(f"{model}: {2 * CALLERS} requests of {2 * rows} rows in {runs} runs",
                  file=sys.stderr)
            if server.report(model)["batchable"]:
                self.assertLess(runs, 2 * CALLERS)
            else:
                self.assertEqual(runs, 2 * CALLERS)

    def statistics(self, model):
        """The statistics of the model's only version, over HTTP."""
        return self.clients.http.get_inference_statistics(model)["model_stats"][0]

    def test_statistics_count_what_was_answered(self):
        """The same figures over both protocols."""
        before = self.statistics("magika")
        self.clients.http_binary("magika", magika_inputs(self.rng, 3))
        after = self.statistics("magika")
        self.assertEqual(after["inference_count"] - before["inference_count"], 3)
        self.assertEqual(after["execution_count"] - before["execution_count"], 1)
        spent = {name: after["inference_stats"][name]["ns"] - before["inference_stats"][name]["ns"]
                 for name in ("success", "compute_infer")}
        self.assertGreater(spent["compute_infer"], 0)
        self.assertGreaterEqual(spent["success"], spent["compute_infer"])
        over_grpc = self.clients.grpc.get_inference_statistics("magika").model_stats[0]
        self.assertEqual(over_grpc.inference_count, after["inference_count"])
        self.assertEqual(over_grpc.inference_stats.success.count,
                         after["inference_stats"]["success"]["count"])
        everyone = self.clients.http.get_inference_statistics()["model_stats"]
        self.assertEqual({each["name"] for each in everyone}, set(MODELS))

    def test_repository_is_changed_on_the_admin_listener_only(self):
        """Unloaded over one protocol, loaded over the other."""
        for client in (self.clients.http, self.clients.grpc):
            with self.assertRaisesRegex(InferenceServerException, "admin"):
                client.unload_model("magika")
        changes = ((self.clients.http_admin, self.clients.grpc_admin),
                   (self.clients.grpc_admin, self.clients.http_admin))
        for unloader, loader in changes:
            unloader.unload_model("magika")
            self.assertFalse(self.clients.http.is_model_ready("magika"))
            self.assertTrue(self.clients.http.is_model_ready("minilm_int8"))
            states = {each["name"]: each.get("state")
                      for each in self.clients.http.get_model_repository_index()}
            self.assertEqual(states["minilm_int8"], "READY")
            self.assertNotEqual(states["magika"], "READY")
            loader.load_model("magika")
            self.assertTrue(self.clients.grpc.is_model_ready("magika"))
        index = self.clients.grpc.get_model_repository_index()
        self.assertEqual({(each.name, each.state) for each in index.models},
                         {(model, "READY") for model in MODELS})

    def test_answers_carry_id_and_prediction_id(self):
        """The caller's id is echoed, and each answer has a prediction id of its own."""
        inputs = magika_inputs(self.rng, 1)
        over_http = self.clients.http.infer("magika", tensors(http_client, inputs),
                                            request_id="mine").get_response()
        over_grpc = self.clients.grpc.infer("magika", tensors(grpc_client, inputs),
                                            request_id="mine").get_response()
        self.assertEqual(over_http["id"], "mine")
        self.assertEqual(over_grpc.id, "mine")
        self.assertEqual(over_http["model_version"], "1")
        ids = {over_http["parameters"]["temper_prediction_id"],
               over_grpc.parameters["temper_prediction_id"].string_param}
        self.assertEqual(len(ids), 2)

    def test_context_travels_as_parameters(self):
        """Parameters of ours and of others are taken by both protocols."""
        inputs = magika_inputs(self.rng, 1)
        parameters = {"temper_unit_id": "unit-7", "colour": "red"}
        for client, module in ((self.clients.http, http_client), (self.clients.grpc, grpc_client)):
            answer = client.infer("magika", tensors(module, inputs), parameters=parameters,
                                  timeout=5_000_000, priority=1)
            np.testing.assert_array_equal(answer.as_numpy("target_label"),
                                          expected("magika", inputs))

    def test_a_stream_answers_in_order_and_outlives_a_bad_request(self):
        """ModelStreamInfer."""
        answers = []
        asked = [magika_inputs(self.rng, rows) for rows in (1, 3, 2)]
        self.clients.grpc.start_stream(lambda result, error: answers.append((result, error)))
        self.clients.grpc.async_stream_infer("magika", tensors(grpc_client, asked[0]))
        self.clients.grpc.async_stream_infer("nobody", tensors(grpc_client, asked[1]))
        self.clients.grpc.async_stream_infer("magika", tensors(grpc_client, asked[2]))
        self.clients.grpc.stop_stream()
        self.assertEqual(len(answers), 3)
        for position in (0, 2):
            np.testing.assert_array_equal(answers[position][0].as_numpy("target_label"),
                                          expected("magika", asked[position]))
        self.assertIn("nobody", str(answers[1][1]))

    def test_errors_say_what_where_and_expected(self):
        """The protocol's error body and gRPC's canonical codes."""
        inputs = magika_inputs(self.rng, 1)
        wrong = {"bytes": inputs["bytes"][:, :7]}
        for client, module, codes in (
                (self.clients.http, http_client, ("404", "400")),
                (self.clients.grpc, grpc_client,
                 ("StatusCode.NOT_FOUND", "StatusCode.INVALID_ARGUMENT"))):
            with self.assertRaises(InferenceServerException) as missing:
                client.infer("nobody", tensors(module, inputs))
            self.assertEqual(missing.exception.status(), codes[0])
            self.assertIn("nobody", missing.exception.message())
            with self.assertRaises(InferenceServerException) as shape:
                client.infer("magika", tensors(module, wrong))
            self.assertEqual(shape.exception.status(), codes[1])
            for word in ("bytes", "7", "2048"):
                self.assertIn(word, shape.exception.message())
            with self.assertRaises(InferenceServerException) as version:
                client.infer("magika", tensors(module, inputs), model_version="9")
            self.assertEqual(version.exception.status(), codes[0])

    def test_every_documented_path_is_served(self):
        """api/openapi.json names nothing that the router does not know."""
        path = os.path.join(os.environ["TEMPER_SOURCE_DIR"], "api", "openapi.json")
        with open(path, encoding="utf-8") as file:
            documented = json.load(file)["paths"]
        connection = http.client.HTTPConnection(server.addresses["admin"])
        self.addCleanup(connection.close)
        self.addCleanup(self.clients.http_admin.load_model, "magika")
        for template, methods in documented.items():
            for method, operation in methods.items():
                target = template.format(model="magika", version="1")
                with self.subTest(method=method, target=target):
                    connection.request(method.upper(), target)
                    answer = connection.getresponse()
                    body = answer.read().decode()
                    self.assertIn(str(answer.status), operation["responses"], body)
                    self.assertNotIn(answer.status, (404, 405), body)


if __name__ == "__main__":
    unittest.main(verbosity=2)
