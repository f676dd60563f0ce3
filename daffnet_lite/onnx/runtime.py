import os
from types import ModuleType


def import_runtime() -> ModuleType:
    """Import ONNX Runtime, which is then told to report to nobody.

    Its official builds send what they run to their maker, unless they hear at
    the start that they shall not.

    Returns:
        module: ``onnxruntime``.

    Raises:
        ImportError: If it is not installed.
    """
    os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')
    import onnxruntime

    return onnxruntime
