"""Small ONNX graphs whose answers are known beforehand."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


def _save(path, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def _column(name, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, ["N", 1])


def add_constant(path, constant):
    """y = x + constant, FP32 [N, 1]: the answer tells which version gave it."""
    value = numpy_helper.from_array(np.array([[constant]], np.float32), "c")
    return _save(path, [helper.make_node("Add", ["x", "c"], ["y"])], [_column("x")], [_column("y")], [value])


def slow(path, products):
    """y = x, after `products` matrix products of 1 x 1024 by 1024 x 1024 (about 0.1 ms each)."""
    size = 1024
    identity = numpy_helper.from_array(np.eye(size, dtype=np.float32), "w")
    spread = numpy_helper.from_array(np.ones((1, size), np.float32), "ones")
    nodes = [helper.make_node("MatMul", ["x", "ones"], ["h0"])]
    for k in range(products):
        nodes.append(helper.make_node("MatMul", [f"h{k}", "w"], [f"h{k + 1}"]))
    mean = numpy_helper.from_array(np.full((size, 1), 1 / size, np.float32), "mean")
    nodes.append(helper.make_node("MatMul", [f"h{products}", "mean"], ["y"]))
    return _save(path, nodes, [_column("x")], [_column("y")], [identity, spread, mean])


def allocates(path):
    """y = the sum of n ones: a few bytes of file, and as much memory as the caller asks for."""
    n = helper.make_tensor_value_info("n", TensorProto.INT64, [1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    one = numpy_helper.from_array(np.ones(1, np.float32), "one")
    nodes = [
        helper.make_node("ConstantOfShape", ["n"], ["many"], value=one),
        helper.make_node("ReduceSum", ["many"], ["sum"], keepdims=0),
        helper.make_node("Reshape", ["sum", "shape"], ["y"]),
    ]
    shape = numpy_helper.from_array(np.array([1], np.int64), "shape")
    return _save(path, nodes, [n], [y], [shape])


def loops(path):
    """y = 0 + 1 + ... in a Loop of n rounds: endless for a large n."""
    n = helper.make_tensor_value_info("n", TensorProto.INT64, [1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["condition_in"], ["condition_out"]),
            helper.make_node("Add", ["sum_in", "one"], ["sum_out"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("condition_in", TensorProto.BOOL, []),
            helper.make_tensor_value_info("sum_in", TensorProto.FLOAT, [1]),
        ],
        [
            helper.make_tensor_value_info("condition_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("sum_out", TensorProto.FLOAT, [1]),
        ],
        [numpy_helper.from_array(np.ones(1, np.float32), "one")],
    )
    nodes = [
        helper.make_node("Reshape", ["n", "scalar"], ["rounds"]),
        helper.make_node("Loop", ["rounds", "true", "zero"], ["y"], body=body),
    ]
    return _save(path, nodes, [n], [y], [
        numpy_helper.from_array(np.array([], np.int64), "scalar"),
        numpy_helper.from_array(np.array(True), "true"),
        numpy_helper.from_array(np.zeros(1, np.float32), "zero"),
    ])
