#!/usr/bin/env python3
"""Rebuild a MediaPipe selfie-segmentation network (TFLite) as OpenVINO IR.

    import_selfie_segmentation.py SOURCE.tflite OUTPUT_DIR NAME

writes OUTPUT_DIR/NAME.xml, NAME.bin and the manifest NAME.json. The same source gives the same bytes.

OpenVINO's own TFLite reader cannot be used: it refuses the custom operator Convolution2DTransposeBias.
It also keeps TFLite's NHWC order, which costs a transpose on both sides of every convolution. The graph
is small and uses eleven kinds of operator, so it is rebuilt here operator by operator in NCHW.
"""

import argparse
import hashlib
import json
import os
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
import openvino as ov
import tflite
from openvino import opset13 as ops

# Raise it when a change here alters the files written, so that a manifest tells which rules made it.
CONVERTER_VERSION = 1

# What the manifest says about a source that is known by its checksum.
KNOWN_SOURCES = {
    "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd": {
        "title": "MediaPipe selfie segmentation, landscape",
        "file": "mediapipe/modules/selfie_segmentation/selfie_segmentation_landscape.tflite",
    },
    "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c": {
        "title": "MediaPipe selfie segmentation, square",
        "file": "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
    },
}
SOURCE_PACKAGE = "mediapipe==0.10.14"
SOURCE_LICENCE = "Apache-2.0"

INPUT_NAME = "image"
OUTPUT_NAME = "alpha"

TRANSPOSED_SAME_PADDING = 1  # in MediaPipe's custom parameter block
NCHW_AXIS = {0: 0, 1: 2, 2: 3, 3: 1}  # TFLite's axis in NHWC -> the same axis in NCHW


class ImportFailure(Exception):
    """The source is not a network that this converter can rebuild faithfully."""


def decoded_options(operator, kind):
    """The options table of an operator, read as `kind`."""
    table = operator.BuiltinOptions()
    options = kind()
    options.Init(table.Bytes, table.Pos)
    return options


def same_padding(size, kernel, stride, dilation):
    """TFLite's SAME rule along one axis: the odd pixel goes to the end."""
    output = -(-size // stride)
    total = max((output - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


class GraphBuilder:
    """Walks the TFLite operators in order and builds the matching OpenVINO nodes."""

    def __init__(self, model):
        self.model = model
        if model.SubgraphsLength() != 1:
            raise ImportFailure(f"expected 1 subgraph, found {model.SubgraphsLength()}")
        self.graph = model.Subgraphs(0)
        if self.graph.InputsLength() != 1 or self.graph.OutputsLength() != 1:
            raise ImportFailure("expected one input and one output")
        self.nodes = {}  # tensor index -> OpenVINO node, NCHW
        self.constants = {}  # tensor index -> numpy array, in TFLite's own order
        self.resizes = {}  # tensor index -> the RESIZE_BILINEAR operator that makes it

    # MARK: tensors

    def shape(self, index):
        return [int(n) for n in self.graph.Tensors(index).ShapeAsNumpy()]

    def constant(self, index):
        """The value of a constant tensor, f16 widened to f32; None for a computed one."""
        if index in self.constants:
            return self.constants[index]
        tensor = self.graph.Tensors(index)
        buffer = self.model.Buffers(tensor.Buffer())
        if buffer.DataLength() == 0:
            return None
        kinds = {
            tflite.TensorType.FLOAT32: np.dtype("<f4"),
            tflite.TensorType.FLOAT16: np.dtype("<f2"),
            tflite.TensorType.INT32: np.dtype("<i4"),
        }
        if tensor.Type() not in kinds:
            raise ImportFailure(f"tensor {index} has the unexpected element type {tensor.Type()}")
        value = buffer.DataAsNumpy().view(kinds[tensor.Type()]).reshape(self.shape(index))
        if value.dtype == np.dtype("<f2"):
            value = value.astype(np.float32)
        self.constants[index] = value
        return value

    def required_constant(self, index):
        value = self.constant(index)
        if value is None:
            raise ImportFailure(f"tensor {index} should be a constant")
        return value

    def node(self, index):
        """The OpenVINO node of a tensor; constants that enter the arithmetic turn to NCHW here."""
        if index not in self.nodes:
            value = self.required_constant(index)
            if value.ndim == 4:
                value = np.transpose(value, (0, 3, 1, 2))
            self.nodes[index] = ops.constant(np.ascontiguousarray(value))
        return self.nodes[index]

    # MARK: operators

    def activated(self, node, function):
        kinds = {
            tflite.ActivationFunctionType.NONE: lambda x: x,
            tflite.ActivationFunctionType.RELU: ops.relu,
            tflite.ActivationFunctionType.RELU6: lambda x: ops.clamp(x, 0.0, 6.0),
        }
        if function not in kinds:
            raise ImportFailure(f"unexpected fused activation {function}")
        return kinds[function](node)

    def with_bias(self, node, operator):
        if operator.InputsLength() < 3 or operator.Inputs(2) < 0:
            return node
        bias = self.required_constant(operator.Inputs(2))
        return ops.add(node, ops.constant(bias.reshape(1, -1, 1, 1)))

    def padding(self, options, size, kernel, strides, dilations):
        if options.Padding() == tflite.Padding.VALID:
            return [0, 0], [0, 0]
        pairs = [same_padding(*axis) for axis in zip(size, kernel, strides, dilations)]
        return [begin for begin, _ in pairs], [end for _, end in pairs]

    def convolution(self, operator):
        options = decoded_options(operator, tflite.Conv2DOptions)
        source = operator.Inputs(0)
        weights = self.required_constant(operator.Inputs(1))  # output, height, width, input
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        # A 1×1 convolution and a bilinear resize commute (the weights of the resize add up to 1, so the bias
        # passes too). Convolving before the enlargements saves 7 % of the whole inference.
        resize = self.resizes.get(source) if weights.shape[1:3] == (1, 1) and strides == [1, 1] else None
        if resize is not None:
            source = resize.Inputs(0)
        size = self.shape(source)[1:3]
        begin, end = self.padding(options, size, weights.shape[1:3], strides, dilations)
        kernel = ops.constant(np.ascontiguousarray(weights.transpose(0, 3, 1, 2)))
        node = ops.convolution(self.node(source), kernel, strides, begin, end, dilations)
        node = self.with_bias(node, operator)
        if resize is not None:
            node = self.interpolated(node, resize)
        return self.activated(node, options.FusedActivationFunction())

    def depthwise_convolution(self, operator):
        options = decoded_options(operator, tflite.DepthwiseConv2DOptions)
        weights = self.required_constant(operator.Inputs(1))  # 1, height, width, channel
        channels = self.shape(operator.Inputs(0))[3]
        if weights.shape[3] != channels:
            raise ImportFailure("a depth multiplier other than 1 is not supported")
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        size = self.shape(operator.Inputs(0))[1:3]
        begin, end = self.padding(options, size, weights.shape[1:3], strides, dilations)
        # OpenVINO wants group, output, input, height, width.
        grouped = weights.transpose(3, 0, 1, 2).reshape(channels, 1, 1, *weights.shape[1:3])
        node = ops.group_convolution(
            self.node(operator.Inputs(0)), ops.constant(np.ascontiguousarray(grouped)), strides, begin, end, dilations
        )
        return self.activated(self.with_bias(node, operator), options.FusedActivationFunction())

    def transposed_convolution(self, operator):
        """MediaPipe's Convolution2DTransposeBias: here always 2×2 with stride 2 and one output channel.

        Outputs never overlap, so it is a 1×1 convolution to the four pixels of each block followed by a
        shuffle; OpenVINO runs that in 0.13 ms where ConvolutionBackpropData takes 0.23 ms.
        """
        parameters = struct.unpack("<3i", bytes(operator.CustomOptionsAsNumpy()))
        weights = self.required_constant(operator.Inputs(1))  # output, height, width, input
        bias = self.required_constant(operator.Inputs(2))
        # MediaPipe's own parameter block: padding, then the two strides.
        if parameters != (TRANSPOSED_SAME_PADDING, 2, 2) or weights.shape[:3] != (1, 2, 2):
            raise ImportFailure(f"Convolution2DTransposeBias with {parameters}, kernel {weights.shape}")
        _, rows, columns, channels = self.shape(operator.Inputs(0))
        kernel = ops.constant(np.ascontiguousarray(weights.reshape(4, channels, 1, 1)))
        node = ops.convolution(self.node(operator.Inputs(0)), kernel, [1, 1], [0, 0], [0, 0], [1, 1])
        node = ops.add(node, ops.constant(np.full((1, 4, 1, 1), bias[0], np.float32)))
        node = ops.reshape(node, ops.constant(np.array([1, 2, 2, rows, columns], np.int64)), False)
        node = ops.transpose(node, ops.constant(np.array([0, 3, 1, 4, 2], np.int64)))
        return ops.reshape(node, ops.constant(np.array([1, 1, 2 * rows, 2 * columns], np.int64)), False)

    def arithmetic(self, operation, kind):
        def build(operator):
            options = decoded_options(operator, kind)
            node = operation(self.node(operator.Inputs(0)), self.node(operator.Inputs(1)))
            return self.activated(node, options.FusedActivationFunction())

        return build

    def mean(self, operator):
        options = decoded_options(operator, tflite.ReducerOptions)
        axes = [NCHW_AXIS[int(axis) % 4] for axis in self.required_constant(operator.Inputs(1)).reshape(-1)]
        if not options.KeepDims():
            raise ImportFailure("MEAN that drops dimensions is not supported")
        return ops.reduce_mean(self.node(operator.Inputs(0)), ops.constant(np.array(axes, np.int64)), True)

    def average_pool(self, operator):
        options = decoded_options(operator, tflite.Pool2DOptions)
        kernel = [options.FilterHeight(), options.FilterWidth()]
        size = self.shape(operator.Inputs(0))[1:3]
        if kernel == size and options.Padding() == tflite.Padding.VALID:
            node = ops.reduce_mean(self.node(operator.Inputs(0)), ops.constant(np.array([2, 3], np.int64)), True)
        else:
            raise ImportFailure("an average pool over less than the whole plane is not supported")
        return self.activated(node, options.FusedActivationFunction())

    def resize_bilinear(self, operator):
        self.resizes[operator.Outputs(0)] = operator
        return self.interpolated(self.node(operator.Inputs(0)), operator)

    def interpolated(self, node, operator):
        """`node` resized as the RESIZE_BILINEAR operator says."""
        options = decoded_options(operator, tflite.ResizeBilinearOptions)
        size = self.required_constant(operator.Inputs(1)).reshape(-1).astype(np.int64)
        if options.AlignCorners():
            coordinates = "align_corners"
        elif options.HalfPixelCenters():
            coordinates = "half_pixel"
        else:
            coordinates = "asymmetric"
        return ops.interpolate(
            node,
            ops.constant(size),
            "linear_onnx",
            "sizes",
            axes=ops.constant(np.array([2, 3], np.int64)),
            coordinate_transformation_mode=coordinates,
        )

    def build(self):
        """The whole network as an OpenVINO model."""
        source, target = self.graph.Inputs(0), self.graph.Outputs(0)
        _, height, width, channels = self.shape(source)
        image = ops.parameter([1, channels, height, width], np.float32, name=INPUT_NAME)
        self.nodes[source] = image
        builtin = tflite.BuiltinOperator
        builders = {
            builtin.CONV_2D: self.convolution,
            builtin.DEPTHWISE_CONV_2D: self.depthwise_convolution,
            builtin.ADD: self.arithmetic(ops.add, tflite.AddOptions),
            builtin.MUL: self.arithmetic(ops.multiply, tflite.MulOptions),
            builtin.MEAN: self.mean,
            builtin.AVERAGE_POOL_2D: self.average_pool,
            builtin.RESIZE_BILINEAR: self.resize_bilinear,
            builtin.LOGISTIC: lambda operator: ops.sigmoid(self.node(operator.Inputs(0))),
            builtin.RELU: lambda operator: ops.relu(self.node(operator.Inputs(0))),
            builtin.HARD_SWISH: lambda operator: ops.hswish(self.node(operator.Inputs(0))),
            b"Convolution2DTransposeBias": self.transposed_convolution,
        }
        for position in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(position)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            # Old writers fill only the deprecated 8-bit field.
            kind = code.CustomCode() or max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
            output = operator.Outputs(0)
            if kind == builtin.DEQUANTIZE:
                # f16 weights: `constant` widens them, so this operator only renames.
                self.constants[output] = self.required_constant(operator.Inputs(0))
                continue
            if kind not in builders:
                raise ImportFailure(f"operator {position} is of the unexpected kind {kind}")
            node = builders[kind](operator)
            batch, rows, columns, depth = self.shape(output)
            if list(node.get_output_shape(0)) != [batch, depth, rows, columns]:
                raise ImportFailure(f"operator {position}: got the shape {list(node.get_output_shape(0))}")
            self.nodes[output] = node
        result = ops.result(self.nodes[target])
        # Names come from node positions, never from a process-wide counter: the files must not vary.
        model = ov.Model([result], [image], "selfie_segmentation")
        for position, node in enumerate(model.get_ordered_ops()):
            node.set_friendly_name(INPUT_NAME if node.get_type_name() == "Parameter" else f"n{position}")
        model.input(0).get_tensor().set_names({INPUT_NAME})
        model.output(0).get_tensor().set_names({OUTPUT_NAME})
        return model


def write_atomically(path, data):
    """Never leaves a half-written file under the final name."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def run(source, output_dir, name):
    data = source.read_bytes()
    if data[4:8] != b"TFL3":
        raise ImportFailure("not a TensorFlow Lite file")
    try:
        model = GraphBuilder(tflite.Model.GetRootAsModel(data, 0)).build()
    except (struct.error, IndexError, TypeError, ValueError) as error:
        # What the readers of the file format raise when an offset leads nowhere.
        raise ImportFailure(f"the file is damaged ({error})") from error
    output_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output_dir) as scratch:
        # Every weight was f16 in the source, so f16 in the file loses nothing and halves it.
        ov.save_model(model, Path(scratch) / f"{name}.xml", compress_to_fp16=True)
        xml = (Path(scratch) / f"{name}.xml").read_bytes()
        weights = (Path(scratch) / f"{name}.bin").read_bytes()
    digest = sha256(data)
    known = KNOWN_SOURCES.get(digest, {})
    manifest = {
        "name": name,
        "title": known.get("title", source.stem),
        "task": "person_segmentation",
        "licence": SOURCE_LICENCE if known else None,
        "source": {
            "package": SOURCE_PACKAGE if known else None,
            "file": known.get("file", source.name),
            "sha256": digest,
        },
        "converter": {
            "script": "scripts/models/import_selfie_segmentation.py",
            "version": CONVERTER_VERSION,
            "openvino": ov.get_version(),
        },
        "files": {
            f"{name}.xml": {"sha256": sha256(xml), "bytes": len(xml)},
            f"{name}.bin": {"sha256": sha256(weights), "bytes": len(weights)},
        },
        "inputs": [
            {
                "name": INPUT_NAME,
                "element_type": "f32",
                "shape": list(model.input(0).shape),
                "layout": "NCHW",
                "color": "RGB",
                "range": [0.0, 1.0],
                # From 8-bit values: (value - mean) / scale.
                "normalisation": {"mean": [0.0, 0.0, 0.0], "scale": [255.0, 255.0, 255.0]},
            }
        ],
        "outputs": [
            {
                "name": OUTPUT_NAME,
                "element_type": "f32",
                "shape": list(model.output(0).shape),
                "layout": "NCHW",
                "range": [0.0, 1.0],
                "meaning": "probability that the pixel belongs to a person",
            }
        ],
    }
    write_atomically(output_dir / f"{name}.bin", weights)
    write_atomically(output_dir / f"{name}.xml", xml)
    # The manifest goes last: a model without one is an import that was interrupted.
    write_atomically(output_dir / f"{name}.json", (json.dumps(manifest, indent=2) + "\n").encode())


def main():
    parser = argparse.ArgumentParser(description="Rebuild a MediaPipe selfie-segmentation network as OpenVINO IR.")
    parser.add_argument("source", type=Path, metavar="SOURCE.tflite")
    parser.add_argument("output_dir", type=Path, metavar="OUTPUT_DIR")
    parser.add_argument("name", metavar="NAME")
    arguments = parser.parse_args()
    try:
        run(arguments.source, arguments.output_dir, arguments.name)
    except FileNotFoundError as error:
        print(f"{error.filename}: no such file", file=sys.stderr)
        return 66
    except ImportFailure as failure:
        print(f"{arguments.source}: cannot be imported: {failure}", file=sys.stderr)
        return 65
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 73
    return 0


if __name__ == "__main__":
    sys.exit(main())
