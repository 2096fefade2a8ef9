"""Files that must not be registered, each with what the refusal has to say."""

import random

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


def matmul_model():
    """y = x w, with x FP32 [N, 4] and y FP32 [N, 2]."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])
    weights = numpy_helper.from_array(np.ones((4, 2), np.float32), "w")
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [x], [y], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def changed(change):
    model = matmul_model()
    change(model)
    return model.SerializeToString()


def _cyclic(model):
    model.graph.node.extend([
        helper.make_node("Add", ["b", "x"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
    ])


def _external(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"


def _wrong_columns(model):
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones((5, 2), np.float32), "w"))


def _memory_bomb():
    """A few hundred bytes that ask for 16 GiB once they run."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    shape = numpy_helper.from_array(np.array([1 << 16, 1 << 16], np.int64), "s")
    nodes = [
        helper.make_node("ConstantOfShape", ["s"], ["c"]),
        helper.make_node("ReduceSum", ["c"], ["r"], keepdims=0),
        helper.make_node("Add", ["x", "r"], ["y"]),
    ]
    graph = helper.make_graph(nodes, "g", [x], [y], [shape])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    return model.SerializeToString()


def _endless_loop():
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["c_out"]), helper.make_node("Identity", ["v"], ["v_out"])], "body",
        [value("i", TensorProto.INT64, []), value("c", TensorProto.BOOL, []), value("v", TensorProto.FLOAT, None)],
        [value("c_out", TensorProto.BOOL, []), value("v_out", TensorProto.FLOAT, None)])
    graph = helper.make_graph([helper.make_node("Loop", ["", "t", "x"], ["y"], body=body)], "g",
                              [value("x", TensorProto.FLOAT, ["N", 1])], [value("y", TensorProto.FLOAT, None)],
                              [numpy_helper.from_array(np.array(True), "t")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    return model.SerializeToString()


def broken_models():
    """Name -> (bytes, a phrase of the error)."""
    whole = matmul_model().SerializeToString()
    return {
        "empty": (b"", "is empty"),
        "truncated": (whole[:len(whole) * 2 // 3], "truncated"),
        "random": (random.Random(1).randbytes(4096), "not an ONNX file"),
        "text": (b"this is not a model\n" * 50, "not an ONNX file"),
        "opset": (changed(lambda m: setattr(m.opset_import[0], "version", 999)), "opset version 999"),
        "ir_version": (changed(lambda m: setattr(m, "ir_version", 99)), "IR version 99"),
        "no_graph": (changed(lambda m: m.ClearField("graph")), "no graph"),
        "cyclic": (changed(_cyclic), "cycle"),
        "claims_2_gb": (changed(lambda m: m.graph.initializer[0].dims.__setitem__(slice(None), [1 << 16, 1 << 13])),
                        "need 2147483648"),
        "external_data": (changed(_external), "/etc/passwd"),
        "unknown_operator": (changed(lambda m: setattr(m.graph.node[0], "op_type", "NoSuchOp")), "NoSuchOp"),
        "undefined_value": (changed(lambda m: m.graph.node[0].input.__setitem__(1, "nowhere")), "nowhere"),
        "wrong_columns": (changed(_wrong_columns), "dimension"),
        "memory_bomb": (_memory_bomb(), "memory"),
        "endless_loop": (_endless_loop(), "not done within"),
    }
