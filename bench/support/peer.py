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


step, *arguments = sys.argv[1:]
if step == "version":
    import onnx

    print(onnx.__version__)
else:
    {"infer": infer}[step](*arguments)
    used = resource.getrusage(resource.RUSAGE_SELF)
    report = {"peakBytes": peak_bytes(), "cpuSeconds": used.ru_utime + used.ru_stime}
    os.write(3, json.dumps(report).encode())
