"""minilm.py WEIGHTS_FOLDER OUT.onnx: all-MiniLM-L6-v2 as one FP32 graph from its safetensors, token ids in, sentence
vector out.

Mean pooling and normalisation lie inside the graph, so that an answer is 384 numbers and not 384 a token: otherwise
the JSON would drown the model. Inputs input_ids and attention_mask, INT64 [N, S]; output embedding, FP32 [N, 384].
"""

import json
import pathlib
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT_TYPES = {"F32": np.float32, "F16": np.float16}
EPSILON = 1e-12


def read_safetensors(path):
    """Name -> array. The format: u64 length of a JSON header, the header, then the tensors' bytes."""
    blob = path.read_bytes()
    (size,) = struct.unpack("<Q", blob[:8])
    header = json.loads(blob[8:8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in FLOAT_TYPES:
            continue
        begin, end = entry["data_offsets"]
        array = np.frombuffer(blob[8 + size + begin:8 + size + end], FLOAT_TYPES[entry["dtype"]])
        tensors[name] = array.reshape(entry["shape"]).astype(np.float32)
    return tensors


class Graph:
    """Nodes and constants under construction; each method gives the name of the value it makes."""

    def __init__(self, tensors):
        self.tensors = tensors
        self.nodes = []
        self.constants = {}

    def constant(self, name, array):
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weight(self, name, transposed=False):
        array = self.tensors[name]
        return self.constant(name, array.T if transposed else array)

    def add(self, kind, inputs, **attributes):
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def dense(self, value, name):
        product = self.add("MatMul", [value, self.weight(f"{name}.weight", transposed=True)])
        return self.add("Add", [product, self.weight(f"{name}.bias")])

    def normalised(self, value, name):
        return self.add("LayerNormalization", [value, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")],
                        axis=-1, epsilon=EPSILON)

    def gelu(self, value):
        scaled = self.add("Div", [value, self.constant("sqrt2", np.float32(2 ** 0.5))])
        erf = self.add("Add", [self.add("Erf", [scaled]), self.constant("one", np.float32(1))])
        return self.add("Mul", [self.add("Mul", [value, erf]), self.constant("half", np.float32(0.5))])


def embeddings(graph):
    words = graph.add("Gather", [graph.weight("embeddings.word_embeddings.weight"), "input_ids"])
    length = graph.add("Gather", [graph.add("Shape", ["input_ids"]), graph.constant("index1", np.array([1], np.int64))])
    positions = graph.add("Slice", [graph.weight("embeddings.position_embeddings.weight"),
                                    graph.constant("zero", np.array([0], np.int64)), length,
                                    graph.constant("axis0", np.array([0], np.int64))])
    # Every token is of type 0: one sentence.
    kind = graph.constant("type0", graph.tensors["embeddings.token_type_embeddings.weight"][0])
    summed = graph.add("Add", [graph.add("Add", [words, positions]), kind])
    return graph.normalised(summed, "embeddings.LayerNorm")


def attention(graph, value, bias, name, heads, head_size):
    split = graph.constant("split", np.array([0, 0, heads, head_size], np.int64))
    joined = graph.constant("joined", np.array([0, 0, heads * head_size], np.int64))

    def by_head(part, order):
        projected = graph.add("Reshape", [graph.dense(value, f"{name}.self.{part}"), split])
        return graph.add("Transpose", [projected], perm=order)

    query, keys = by_head("query", [0, 2, 1, 3]), by_head("key", [0, 2, 3, 1])
    scores = graph.add("Div", [graph.add("MatMul", [query, keys]),
                               graph.constant("scale", np.float32(head_size ** 0.5))])
    shares = graph.add("Softmax", [graph.add("Add", [scores, bias])], axis=-1)
    mixed = graph.add("Transpose", [graph.add("MatMul", [shares, by_head("value", [0, 2, 1, 3])])], perm=[0, 2, 1, 3])
    output = graph.dense(graph.add("Reshape", [mixed, joined]), f"{name}.output.dense")
    return graph.normalised(graph.add("Add", [output, value]), f"{name}.output.LayerNorm")


def feed_forward(graph, value, name):
    wide = graph.gelu(graph.dense(value, f"{name}.intermediate.dense"))
    return graph.normalised(graph.add("Add", [graph.dense(wide, f"{name}.output.dense"), value]),
                            f"{name}.output.LayerNorm")


def pooled(graph, value, mask):
    """The mean over the tokens of the mask, then length 1."""
    column = graph.add("Unsqueeze", [mask, graph.constant("last", np.array([-1], np.int64))])
    total = graph.add("ReduceSum", [graph.add("Mul", [value, column]), graph.constant("tokens", np.array([1], np.int64))],
                      keepdims=0)
    count = graph.add("ReduceSum", [column, graph.constant("tokens", np.array([1], np.int64))], keepdims=0)
    mean = graph.add("Div", [total, graph.add("Max", [count, graph.constant("least", np.float32(1e-9))])])
    length = graph.add("ReduceL2", [mean], axes=[1], keepdims=1)
    graph.nodes.append(helper.make_node("Div", [mean, length], ["embedding"]))


def build(folder):
    config = json.loads((folder / "config.json").read_text())
    heads, hidden = config["num_attention_heads"], config["hidden_size"]
    graph = Graph(read_safetensors(folder / "model.safetensors"))
    mask = graph.add("Cast", ["attention_mask"], to=TensorProto.FLOAT)
    absent = graph.add("Mul", [graph.add("Sub", [graph.constant("one", np.float32(1)), mask]),
                               graph.constant("far", np.float32(-1e9))])
    bias = graph.add("Unsqueeze", [absent, graph.constant("middle", np.array([1, 2], np.int64))])
    value = embeddings(graph)
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        value = attention(graph, value, bias, f"{name}.attention", heads, hidden // heads)
        value = feed_forward(graph, value, name)
    pooled(graph, value, mask)
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["N", "S"])
              for name in ("input_ids", "attention_mask")]
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", hidden])
    made = helper.make_graph(graph.nodes, "minilm", inputs, [output], list(graph.constants.values()))
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model = build(pathlib.Path(sys.argv[1]))
    onnx.checker.check_model(model)
    onnx.save(model, sys.argv[2])
