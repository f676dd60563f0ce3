import numpy as np
import torch
from mmpretrain.registry import BATCH_AUGMENTS

from daffnet_lite.errors import InputError


@BATCH_AUGMENTS.register_module()
class FourierMix:
    """Give images of a batch each other's amplitudes, and let them keep shape.

    What a laboratory's stain, lamp and camera do to an image lies mostly in
    the amplitudes of its Fourier transform, what the cell looks like in the
    phases. An image's amplitudes are mixed with those of another one of the
    batch, in a share that is drawn for each image; its phases and its label
    stay (Xu et al., CVPR 2021, "A Fourier-based Framework for Domain
    Generalization").

    Args:
        most (float): The largest share of the other image's amplitudes, above
            0 and at most 1; shares are drawn evenly from 0. Defaults to 1.

    Examples:
        >>> data_preprocessor = dict(type='MixingDataPreprocessor')
        >>> model = dict(
        ...     train_cfg=dict(
        ...         augments=[dict(type='FourierMix')], probs=[0.5]))
    """

    #: For :func:`~daffnet_mm.models.data_preprocessors.mixes_labels`.
    keeps_labels = True

    def __init__(self, most: float = 1.0) -> None:
        if not 0 < most <= 1:
            raise InputError(
                f'FourierMix: most={most} must be above 0 and at most 1'
            )
        self.most = most

    def __call__(
        self, inputs: torch.Tensor, scores: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mix the amplitudes of a batch.

        Args:
            inputs (Tensor): Images of shape (N, C, H, W).
            scores (Tensor): What is known of each, shape (N, K).

        Returns:
            tuple[Tensor, Tensor]: The images, and the scores as they were.
        """
        # NumPy's generator, as MMPretrain's batch augments use.
        shares = np.random.uniform(0, self.most, len(inputs))
        order = np.random.permutation(len(inputs))
        return mix_amplitudes(
            inputs,
            inputs[torch.as_tensor(order, device=inputs.device)],
            torch.as_tensor(shares, device=inputs.device).to(inputs),
        ), scores.float()


def mix_amplitudes(
    images: torch.Tensor, others: torch.Tensor, shares: torch.Tensor
) -> torch.Tensor:
    """Mix the amplitudes of images with those of others.

    Args:
        images (Tensor): Shape (N, C, H, W).
        others (Tensor): The same.
        shares (Tensor): Of each image the share of the other's amplitudes,
            shape (N, ).

    Returns:
        Tensor: Images with the mixed amplitudes and their own phases.
    """
    spectrum = torch.fft.rfft2(images)
    shares = shares.view(-1, 1, 1, 1)
    amplitudes = spectrum.abs().lerp(torch.fft.rfft2(others).abs(), shares)
    mixed = torch.polar(amplitudes, spectrum.angle())
    return torch.fft.irfft2(mixed, s=images.shape[-2:])
