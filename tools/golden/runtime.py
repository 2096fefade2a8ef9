#!/usr/bin/env python3
"""Makes the small ONNX models of tests/golden/runtime and what ONNX Runtime's own Python answers for them.

Usage: ~/.cache/temper/venv/bin/python tools/golden/runtime.py

Writes NAME.onnx and runs.json there, and the corpus of the fuzzer of ONNX files: broken_*.onnx, which must be refused, and
good_*.onnx, which must not. Tensors are recorded as the hex of their little-endian bytes, strings as such.
The models named hostile_* are for tests of limits; nothing is recorded for them.
"""
import json
import pathlib

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h

SEED = 20260101
TESTS = pathlib.Path(__file__).resolve().parents[2] / "tests"
OUT = TESTS / "golden" / "runtime"
CORPUS = TESTS / "fuzz" / "corpus" / "onnx_inspect"
rng = np.random.default_rng(SEED)

# Name in the Open Inference Protocol, ONNX type, NumPy type of the recorded bytes.
TYPES = [
    ("BOOL", T.BOOL, np.bool_), ("UINT8", T.UINT8, np.uint8), ("UINT16", T.UINT16, np.uint16),
    ("UINT32", T.UINT32, np.uint32), ("UINT64", T.UINT64, np.uint64), ("INT8", T.INT8, np.int8),
    ("INT16", T.INT16, np.int16), ("INT32", T.INT32, np.int32), ("INT64", T.INT64, np.int64),
    ("FP16", T.FLOAT16, np.float16), ("FP32", T.FLOAT, np.float32),
    ("FP64", T.DOUBLE, np.float64),
]
OIP_NAME = {"bool": "BOOL", "float16": "FP16", "float": "FP32", "double": "FP64", "bfloat16": "BF16", "string": "BYTES"}


def info(name, kind, shape):
    return h.make_tensor_value_info(name, kind, shape)


def constant(name, array):
    return onnx.numpy_helper.from_array(np.asarray(array), name)


def save(name, nodes, inputs, outputs, initializers=(), opset=17, ml=False):
    opsets = [h.make_opsetid("", opset)] + ([h.make_opsetid("ai.onnx.ml", 3)] if ml else [])
    graph = h.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = h.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="temper tests")
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())


def subgraph(name, nodes, inputs, outputs, initializers=()):
    return h.make_graph(nodes, name, inputs, outputs, list(initializers))


def weights(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def make_models():
    n = h.make_node
    x4 = info("x", T.FLOAT, ["N", 4])
    save("bf16", [n("Cast", ["x"], ["y"], to=T.FLOAT)], [info("x", T.BFLOAT16, ["N"])], [info("y", T.FLOAT, ["N"])])
    save("all_types", [n("Identity", [f"x_{t}"], [f"y_{t}"]) for t, _, _ in TYPES] + [n("Identity", ["x_BYTES"], ["y_BYTES"])],
         [info(f"x_{t}", k, ["N", 3]) for t, k, _ in TYPES] + [info("x_BYTES", T.STRING, ["N", 3])],
         [info(f"y_{t}", k, ["N", 3]) for t, k, _ in TYPES] + [info("y_BYTES", T.STRING, ["N", 3])])
    save("linear", [n("MatMul", ["x", "w"], ["m"]), n("Add", ["m", "b"], ["logits"]), n("Softmax", ["logits"], ["p"], axis=1),
                    n("ArgMax", ["p"], ["label"], axis=1, keepdims=0)],
         [x4], [info("p", T.FLOAT, ["N", 3]), info("label", T.INT64, ["N"])],
         [constant("w", weights(4, 3)), constant("b", weights(3))])
    save("two_inputs", [n("Cast", ["age"], ["age_f"], to=T.FLOAT), n("Mul", ["x", "age_f"], ["scaled"]), n("ReduceSum", ["scaled"], ["total"], keepdims=0),
                        n("Add", ["age", "one"], ["next_age"])],
         [x4, info("age", T.INT64, ["N", 1])], [info("scaled", T.FLOAT, ["N", 4]), info("next_age", T.INT64, ["N", 1]), info("total", T.FLOAT, [])],
         [constant("one", np.int64(1))])
    save("strings", [n("LabelEncoder", ["colour"], ["code"], domain="ai.onnx.ml", keys_strings=["red", "green", ""], values_int64s=[1, 2, 3], default_int64=-1),
                     n("LabelEncoder", ["code"], ["name"], domain="ai.onnx.ml", keys_int64s=[1, 2], values_strings=["rot", "gr\u00fcn"], default_string="?")],
         [info("colour", T.STRING, ["N"])], [info("code", T.INT64, ["N"]), info("name", T.STRING, ["N"])], ml=True)
    save("scalar", [n("Mul", ["x", "x"], ["y"])], [info("x", T.FLOAT, [])], [info("y", T.FLOAT, [])])
    save("passthrough", [n("Constant", [], ["c"], value=constant("v", weights(2, 2))), n("Identity", ["c"], ["constant"]), n("Reshape", ["x", "s"], ["flat"])],
         [x4], [info("x", T.FLOAT, ["N", 4]), info("constant", T.FLOAT, [2, 2]), info("flat", T.FLOAT, ["M"])], [constant("s", np.int64([-1]))])
    save("branch", [n("If", ["flag"], ["y"],
                      then_branch=subgraph("then", [n("Neg", ["x"], ["a"])], [], [info("a", T.FLOAT, ["N", 4])]),
                      else_branch=subgraph("else", [n("Mul", ["x", "x"], ["b"])], [], [info("b", T.FLOAT, ["N", 4])]))],
         [x4, info("flag", T.BOOL, [])], [info("y", T.FLOAT, ["N", 4])])

    def loop_body():
        return subgraph("body", [n("Identity", ["go_in"], ["go_out"]), n("Add", ["v_in", "x"], ["v_out"])],
                        [info("i", T.INT64, []), info("go_in", T.BOOL, []), info("v_in", T.FLOAT, ["N", 4])],
                        [info("go_out", T.BOOL, []), info("v_out", T.FLOAT, ["N", 4])])

    save("loop", [n("Loop", ["turns", "go", "x"], ["y"], body=loop_body())],
         [x4, info("turns", T.INT64, [])], [info("y", T.FLOAT, ["N", 4])], [constant("go", np.bool_(True))])
    save("embedding", [n("Gather", ["table", "ids"], ["e"]), n("ReduceSum", ["e", "axis"], ["y"], keepdims=0)],
         [info("ids", T.INT64, ["N", 3])], [info("y", T.FLOAT, ["N", 2])], [constant("table", weights(5, 2)), constant("axis", np.int64([1]))])
    # Rows that depend on each other, in three ways.
    save("softmax_over_rows", [n("Softmax", ["x"], ["y"], axis=0)], [x4], [info("y", T.FLOAT, ["N", 4])])
    save("dynamic_int8", [n("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]), n("MatMulInteger", ["q", "w", "zero"], ["m"]), n("Cast", ["m"], ["f"], to=T.FLOAT), n("Mul", ["f", "scale"], ["y"])],
         [x4], [info("y", T.FLOAT, ["N", 3])], [constant("w", rng.integers(-100, 100, (4, 3)).astype(np.int8))])
    save("spreads_nan", [n("ReduceMax", ["x"], ["top"], axes=[0], keepdims=1), n("Sub", ["top", "top"], ["zero"]), n("Add", ["x", "zero"], ["y"])],
         [x4], [info("y", T.FLOAT, ["N", 4])])
    # A row of this one depends on how far it was padded.
    save("mean_over_length", [n("ReduceMean", ["x"], ["y"], axes=[1], keepdims=1)], [info("x", T.FLOAT, ["N", "L"])], [info("y", T.FLOAT, ["N", 1])])
    save("sum_over_length", [n("ReduceSum", ["x", "axis"], ["y"], keepdims=1)], [info("x", T.FLOAT, ["N", "L"])], [info("y", T.FLOAT, ["N", 1])], [constant("axis", np.int64([1]))])
    # No synthetic value satisfies this one: ids run from 1000 to 1004.
    save("picky", [n("Sub", ["ids", "first"], ["k"]), n("Gather", ["table", "k"], ["y"])],
         [info("ids", T.INT64, ["N"])], [info("y", T.FLOAT, ["N", 2])], [constant("table", weights(5, 2)), constant("first", np.int64(1000))])
    save("sequence_output", [n("SplitToSequence", ["x"], ["s"], axis=0)], [x4], [h.make_value_info("s", h.make_sequence_type_proto(h.make_tensor_type_proto(T.FLOAT, None)))])
    save("unknown_operator", [n("Frobnicate", ["x"], ["y"])], [x4], [info("y", T.FLOAT, ["N", 4])])
    # For tests of limits: these load in no time and take all of it, or all memory, when they run.
    save("hostile_endless", [n("Loop", ["turns", "go", "x"], ["y"], body=loop_body())],
         [x4], [info("y", T.FLOAT, ["N", 4])], [constant("go", np.bool_(True)), constant("turns", np.int64(2**62))])
    save("hostile_memory", [n("Slice", ["x", "zero", "one", "one"], ["column"]), n("Expand", ["column", "shape"], ["big"]), n("ReduceSum", ["big", "one"], ["y"], keepdims=1)],
         [x4], [info("y", T.FLOAT, ["N", 1])], [constant("zero", np.int64([0])), constant("one", np.int64([1])), constant("shape", np.int64([1, 2**32]))])
    save("asks_for_memory", [n("ReduceMax", ["want"], ["w"], keepdims=0), n("Unsqueeze", ["w", "zero"], ["shape"]), n("ConstantOfShape", ["shape"], ["big"]), n("ReduceSum", ["big"], ["s"], keepdims=0), n("Cast", ["want"], ["f"], to=T.FLOAT), n("Add", ["f", "s"], ["y"])],
         [info("want", T.INT64, ["N"])], [info("y", T.FLOAT, ["N"])], [constant("zero", np.int64([0]))])


def make_corpus():
    CORPUS.mkdir(parents=True, exist_ok=True)
    for name in ("linear", "loop", "branch", "strings", "dynamic_int8"):
        (CORPUS / f"good_{name}.onnx").write_bytes((OUT / f"{name}.onnx").read_bytes())
    good = (OUT / "linear.onnx").read_bytes()

    def broken(name, content):
        (CORPUS / f"broken_{name}.onnx").write_bytes(content)

    def changed(name, change):
        model = onnx.load_from_string(good)
        change(model)
        broken(name, model.SerializeToString())

    broken("empty", b"")
    broken("truncated", good[: len(good) // 2])
    broken("random_bytes", np.random.default_rng(SEED).bytes(300))
    broken("claims_2gb_field", bytes.fromhex("3affffffff07"))
    changed("claims_2gb_tensor", lambda m: m.graph.initializer[0].dims.__setitem__(0, 2**29))
    changed("wrong_opset", lambda m: setattr(m.opset_import[0], "version", 99))
    changed("wrong_ir_version", lambda m: setattr(m, "ir_version", 77))
    changed("cyclic", lambda m: m.graph.node[0].input.__setitem__(0, "logits"))
    changed("wrong_initializer_size", lambda m: setattr(m.graph.initializer[0], "raw_data", b"1234567"))
    changed("negative_dimension", lambda m: m.graph.initializer[0].dims.__setitem__(0, -4))
    changed("undefined_input", lambda m: m.graph.node[1].input.__setitem__(0, "nowhere"))
    changed("undefined_output", lambda m: setattr(m.graph.output[0], "name", "nowhere"))
    changed("duplicate_output", lambda m: m.graph.node[1].output.__setitem__(0, "m"))
    changed("no_graph", lambda m: m.ClearField("graph"))
    changed("no_outputs", lambda m: m.graph.ClearField("output"))
    changed("no_opset", lambda m: m.ClearField("opset_import"))

    def external(model):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = T.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")

    changed("external_data", external)

    def deep(model):
        graph = model.graph
        for depth in range(30):
            node = graph.node.add(op_type="If", input=["x"], output=[f"v{depth}"])
            graph = node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH).g

    changed("deep_subgraphs", deep)

    def endless_functions(model):
        for name, callee in (("f", "g"), ("g", "f")):
            model.functions.append(h.make_function("mine", name, ["a"], ["b"], [h.make_node(callee, ["a"], ["b"], domain="mine")], [h.make_opsetid("mine", 1)]))

    changed("endless_functions", endless_functions)


def record(name, kind, array):
    kind = kind[len("tensor("):-1]
    oip = OIP_NAME.get(kind, kind.upper())
    array = np.asarray(array)
    entry = {"name": name, "datatype": oip, "shape": list(array.shape)}
    if oip == "BYTES":
        entry["strings"] = [str(s) for s in array.reshape(-1)]
    else:
        entry["hex"] = np.ascontiguousarray(array).tobytes().hex()
    return entry


def run(cases, model, inputs):
    session = ort.InferenceSession(OUT / f"{model}.onnx", providers=["CPUExecutionProvider"])
    answers = session.run(None, {name: np.asarray(value) for name, value in inputs.items()})
    cases.append({"model": model,
                  "inputs": [record(spec.name, spec.type, inputs[spec.name]) for spec in session.get_inputs()],
                  "outputs": [record(spec.name, spec.type, array) for spec, array in zip(session.get_outputs(), answers)]})


def run_bf16(cases, bits):
    """NumPy has no BF16: the values go in as bits, and the answer is taken after a cast to FP32."""
    session = ort.InferenceSession(OUT / "bf16.onnx", providers=["CPUExecutionProvider"])
    value = ort.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, T.BFLOAT16)
    (answer,) = session.run_with_ort_values(None, {"x": value})
    cases.append({"model": "bf16", "inputs": [record("x", "tensor(bfloat16)", bits)], "outputs": [record("y", "tensor(float)", answer.numpy())]})


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    make_models()
    make_corpus()
    cases = []
    for rows in (1, 2, 5, 0):
        every = {}
        for name, _, kind in TYPES:
            raw = rng.integers(0, 2, (rows, 3)) if kind is np.bool_ else rng.integers(0, 100, (rows, 3))
            every[f"x_{name}"] = raw.astype(kind)
        every["x_BYTES"] = np.array([f"s{k}" * (k % 3) for k in range(rows * 3)], dtype=object).reshape(rows, 3)
        run(cases, "all_types", every)
        x = rng.standard_normal((rows, 4)).astype(np.float32)
        run(cases, "linear", {"x": x})
        run(cases, "two_inputs", {"x": x, "age": rng.integers(1, 90, (rows, 1))})
        run(cases, "strings", {"colour": np.array(["red", "blue", "", "green", "red"][:rows], dtype=object)})
        run(cases, "passthrough", {"x": x})
        run(cases, "loop", {"x": x, "turns": np.int64(rows)})
        run(cases, "embedding", {"ids": rng.integers(0, 5, (rows, 3))})
        run(cases, "sum_over_length", {"x": rng.standard_normal((rows, rows + 1)).astype(np.float32)})
        for flag in (True, False):
            run(cases, "branch", {"x": x, "flag": np.bool_(flag)})
        if rows > 0:
            run(cases, "softmax_over_rows", {"x": x})
            run(cases, "dynamic_int8", {"x": x})
    run_bf16(cases, rng.integers(0, 0x7F00, 6).astype(np.uint16))
    run(cases, "scalar", {"x": np.float32(3)})
    document = {"package": "onnxruntime", "version": ort.__version__, "onnx": onnx.__version__, "seed": SEED, "cases": cases}
    (OUT / "runs.json").write_text(json.dumps(document, indent=None, separators=(",", ":")).replace('{"model"', '\n{"model"') + "\n")
    print(f"{len(cases)} runs recorded in {OUT}")


if __name__ == "__main__":
    main()
