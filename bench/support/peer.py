"""Runs one step of a Python peer; at its end, says on descriptor 3 what it took (as report.cjs does for Node)."""
import json
import os
import resource
import sys


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    except OSError:  # no /proc outside Linux
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def infer(path):
    import onnx

    onnx.shape_inference.infer_shapes(onnx.load(path), data_prop=True)


def raised(path, version=13):
    """Per-channel weights need opset 13; the peer leaves the raising to its user."""
    import onnx

    model = onnx.load(path)
    known = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    return model if known >= version else onnx.version_converter.convert_version(model, version)


def rows_of(samples, names):
    """Feeds, one by one: of one input stacked along its first axis, of several along one of their own."""
    import numpy

    if samples.endswith(".npy"):
        rows = numpy.load(samples)
        return ({names[0]: rows[index : index + 1]} for index in range(len(rows)))
    with open(samples) as description:
        inputs = json.load(description)["inputs"]
    folder = os.path.dirname(samples)
    arrays = {name: numpy.load(os.path.join(folder, each["samples"])) for name, each in inputs.items()}
    # Scalars come out of an array as numbers, which the runtime does not take.
    return ({name: numpy.asarray(each) for name, each in zip(arrays, row)} for row in zip(*arrays.values()))


def static(path, output, samples, method, granularity="per-channel"):
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Rows(CalibrationDataReader):
        def __init__(self, rows):
            self.rows = iter(rows)

        def get_next(self):
            return next(self.rows, None)

    prepared = output + ".prepared.onnx"
    model = raised(path)
    weights = {each.name for each in model.graph.initializer}
    names = [each.name for each in model.graph.input if each.name not in weights]
    onnx.save(model, prepared)
    quant_pre_process(prepared, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared,
        output,
        Rows(rows_of(samples, names)),
        quant_format=QuantFormat.QDQ,
        per_channel=granularity == "per-channel",
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod[method],
    )
    os.remove(prepared)


def dynamic(path, output):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(path, output, weight_type=QuantType.QInt8)


def nbits(path, output, block_size):
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantizer = MatMulNBitsQuantizer(
        onnx.load(path), block_size=int(block_size), is_symmetric=True, accuracy_level=4
    )
    quantizer.process()
    quantizer.model.save_model_to_file(output)


def half(path, output):
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), output)


def svd(path, rows, columns, rank):
    """What the best approximation of a rank loses, squared, and how long a full decomposition takes."""
    import time

    import numpy

    a = numpy.fromfile(path).reshape(int(rows), int(columns))
    numpy.linalg.svd(a[:64, :64])
    started = time.perf_counter()
    values = numpy.linalg.svd(a, full_matrices=False)[1]
    print(json.dumps({"seconds": time.perf_counter() - started, "error": float((values[int(rank) :] ** 2).sum())}))


step, *arguments = sys.argv[1:]
if step == "version":
    import onnx

    print(onnx.__version__)
elif step == "svd":
    svd(*arguments)
elif step == "quantizer-version":
    import onnxruntime.quantization

    print(onnxruntime.__version__)
else:
    steps = {"infer": infer, "static": static, "dynamic": dynamic, "nbits": nbits, "half": half}
    steps[step](*arguments)
    used = resource.getrusage(resource.RUSAGE_SELF)
    report = {"peakBytes": peak_bytes(), "cpuSeconds": used.ru_utime + used.ru_stime}
    os.write(3, json.dumps(report).encode())
