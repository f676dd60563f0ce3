import os
from types import ModuleType

# Official builds of ONNX Runtime send what they run to their maker unless they
# hear when they start that they shall not. Here, so that it holds for whoever
# imports `onnxruntime` after this package.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')


def import_runtime() -> ModuleType:
    """Import ONNX Runtime, which is told to report to nobody.

    Returns:
        module: ``onnxruntime``.

    Raises:
        ImportError: If it is not installed.
    """
    import onnxruntime

    return onnxruntime
