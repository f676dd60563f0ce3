import ctypes
import platform

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

#: What ``mallopt`` of the GNU C library calls the two limits: how much free
#: memory at the heap's end goes back to the system, and from which size on a
#: block is no part of the heap.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
#: More than a step ever frees at once, and larger than any tensor of one.
_KEPT, _LARGEST = 2**31 - 1, 2**30


@HOOKS.register_module()
class KeepFreedMemoryHook(Hook):
    """Let a training on a CPU keep the memory that a step frees for the next.

    The GNU C library gives large blocks back to the system as soon as they
    are free, and each step takes the same ones anew, page by page, each page
    filled with zeros first. Kept, they save about a tenth of a small
    network's computing time (docs/benchmarks.md); the process stays as large
    as its largest step, which it was at times anyway.

    It does nothing for a model on another device, nor with another C library.
    """

    def before_train(self, runner: Runner) -> None:
        """Tell the C library."""
        on_cpu = next(runner.model.parameters()).device.type == 'cpu'
        if on_cpu and platform.libc_ver()[0] == 'glibc':
            library = ctypes.CDLL(None)
            library.mallopt(_TRIM_THRESHOLD, _KEPT)
            library.mallopt(_MMAP_THRESHOLD, _LARGEST)
