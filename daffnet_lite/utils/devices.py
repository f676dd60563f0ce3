"""Where a model can run here, as PyTorch says, which is imported if asked."""

from daffnet_lite.errors import InputError


def usual_device() -> str:
    """Name the accelerator that there is, or the CPU."""
    from mmengine.device import get_device

    return get_device()


def check_device(device: str) -> None:
    """Refuse a device on which nothing can be computed here.

    Args:
        device (str): Its name, such as ``'cpu'`` or ``'cuda:1'``.

    Raises:
        InputError: If it cannot be used: which can.
    """
    import torch

    try:
        torch.ones(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        cards = [f'cuda:{i}' for i in range(torch.cuda.device_count())]
        there = dict.fromkeys(['cpu', *(cards or [usual_device()])])
        raise InputError(
            f'--device {device} cannot be used; there is '
            f'{", ".join(there)}: name one of these, or leave --device out'
        ) from error
