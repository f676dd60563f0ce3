from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from daffnet_lite.fileio import atomic_write


@register_backend('atomic_local')
class AtomicLocalBackend(LocalBackend):
    """Local files that are written whole or not at all.

    MMEngine's local backend writes in place: killed in the middle, it leaves
    half a checkpoint under the name that ``--resume`` reads. Chosen by
    ``backend_args=dict(backend='atomic_local')`` in the checkpoint hook.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes to a file."""
        with atomic_write(filepath, 'wb') as f:
            f.write(obj)

    def put_text(
        self, obj: str, filepath: str | Path, encoding: str = 'utf-8'
    ) -> None:
        """Write text to a file."""
        self.put(obj.encode(encoding), filepath)
