import io
import os
from typing import Any

import torch

from daffnet_lite.fileio import atomic_write


def save_checkpoint(path: str | os.PathLike[str], content: Any) -> None:
    """Write a checkpoint, whole or not at all.

    Args:
        path (str | Path): The file.
        content (Any): What it holds.

    Raises:
        OSError: If it cannot be written.
    """
    # In memory first: of a full disk, PyTorch tells in its own way.
    memory = io.BytesIO()
    torch.save(content, memory)
    with atomic_write(path, 'wb') as file:
        file.write(memory.getbuffer())
