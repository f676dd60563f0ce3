import pytest
import torch

from daffnet_mm.models.attention.plain_mean import plain_mean


@pytest.mark.parametrize('dims', [(1,), (2, 3)])
@pytest.mark.parametrize(
    ('dtype', 'tolerance'),
    [(torch.float64, 1e-12), (torch.float32, 1e-6), (torch.bfloat16, 2**-7)],
)
def test_is_the_mean(dims, dtype, tolerance):
    torch.manual_seed(0)
    x = torch.rand(2, 300, 5, 7, dtype=torch.float64).to(dtype)
    out = plain_mean(x, dims)
    assert out.dtype == dtype
    torch.testing.assert_close(
        out.double(),
        x.double().mean(dims, keepdim=True),
        rtol=tolerance,
        atol=0,
    )


def test_large_values_fit_in_half_precision():
    x = torch.full((1, 2048, 2, 2), 100, dtype=torch.float16)
    assert (plain_mean(x, (1,)) == 100).all()  # their sum is not finite


def test_gradient():
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(plain_mean(x, (2, 3)).sum(), x)
    torch.testing.assert_close(grad, torch.full_like(x, 1 / 20))
