from collections.abc import Sequence

import numpy as np


def as_network_input(
    images: Sequence[np.ndarray],
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    to_rgb: bool = False,
) -> np.ndarray:
    """Normalise images as MMPretrain's ``ClsDataPreprocessor`` does.

    Args:
        images (Sequence[np.ndarray]): BGR of one shape (H, W, 3).
        mean (Sequence[float], optional): Of each channel, in the order that
            the network takes. Defaults to None: nothing is subtracted.
        std (Sequence[float], optional): By which each is divided. Defaults to
            None.
        to_rgb (bool): Whether the network takes RGB. Defaults to False.

    Returns:
        np.ndarray: float32 of shape (N, 3, H, W).
    """
    batch = np.stack(images)
    if to_rgb:
        batch = batch[..., ::-1]
    batch = batch.transpose(0, 3, 1, 2).astype(np.float32, order='C')
    if mean is not None:
        batch -= np.array(mean, np.float32)[:, None, None]
    if std is not None:
        batch /= np.array(std, np.float32)[:, None, None]
    return batch
