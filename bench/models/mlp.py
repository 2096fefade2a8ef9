"""mlp.py OUT.onnx 50 512 512 10: a table MLP with ReLU between its layers, FP32 x [N, first] to y [N, last], seeded."""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SEED = 42


def build(sizes):
    rng = np.random.default_rng(SEED)
    nodes, weights, value = [], [], "x"
    for k, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
        # He initialisation keeps the values of a deep stack finite and alive.
        matrix = (rng.standard_normal((rows, columns)) * (2 / rows) ** 0.5).astype(np.float32)
        weights += [numpy_helper.from_array(matrix, f"w{k}"),
                    numpy_helper.from_array(np.zeros(columns, np.float32), f"b{k}")]
        last = k == len(sizes) - 2
        nodes.append(helper.make_node("Gemm", [value, f"w{k}", f"b{k}"], ["y" if last else f"h{k}"]))
        if not last:
            nodes.append(helper.make_node("Relu", [f"h{k}"], [f"r{k}"]))
            value = f"r{k}"
    graph = helper.make_graph(
        nodes, "mlp",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", sizes[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", sizes[-1]])], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    model = build([int(size) for size in sys.argv[2:]])
    onnx.checker.check_model(model)
    onnx.save(model, sys.argv[1])
