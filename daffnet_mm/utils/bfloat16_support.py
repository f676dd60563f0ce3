import torch


def multiplies_bfloat16(device: torch.device) -> bool:
    """Tell whether a device multiplies bfloat16 in its own instructions.

    Where it does not, PyTorch emulates them, slower than float32.

    Args:
        device (torch.device): A CPU or a CUDA device.

    Returns:
        bool: Whether it does.
    """
    if device.type == 'cuda':
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != 'cpu':
        return False
    # Public from PyTorch 2.10 only.
    if hasattr(torch.cpu, 'get_capabilities'):
        found = torch.cpu.get_capabilities()
        return bool(
            found.get('avx512_bf16')
            or found.get('amx_bf16')
            or found.get('arm_bf16')
            or found.get('bf16')
        )
    return (
        torch.cpu._is_avx512_bf16_supported()
        or torch.cpu._is_amx_tile_supported()
    )
