"""Where a model can run here, as PyTorch says, which is imported if asked."""

from types import ModuleType

from daffnet_lite.errors import InputError


def settle_device(device: str | None) -> str:
    """Name the device that a model runs on.

    Args:
        device (str, optional): The one that is asked for. Defaults to None:
            the accelerator if there is one, else the CPU.

    Returns:
        str: Its name.

    Raises:
        InputError: If it cannot be used.
    """
    if device is None:
        device = _usual_device()
    check_device(device)
    return device


def check_device(device: str) -> None:
    """Refuse a device on which nothing can be computed here.

    Args:
        device (str): Its name, such as ``'cpu'`` or ``'cuda:1'``.

    Raises:
        InputError: If it cannot be used: which can.
    """
    torch = _torch()
    try:
        torch.ones(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        cards = [f'cuda:{i}' for i in range(torch.cuda.device_count())]
        there = dict.fromkeys(['cpu', *(cards or [_usual_device()])])
        raise InputError(
            f'--device {device} cannot be used; there is '
            f'{", ".join(there)}: name one of these, or leave --device out'
        ) from error


def _usual_device() -> str:
    _torch()
    from mmengine.device import get_device

    return get_device()


def _torch() -> ModuleType:
    # It says in one sentence if PyTorch, or what goes with it, is missing.
    import daffnet_mm  # noqa: F401, I001
    import torch

    return torch
