import pytest
import torch

from daffnet_mm.models.utils.pooling import plain_mean, pool_last_feature


def test_a_map_is_averaged_over_its_positions():
    feature = torch.randn(2, 5, 3, 4)
    expected = torch.stack(
        [
            torch.stack([feature[i, c].sum() / 12 for c in range(5)])
            for i in range(2)
        ]
    )
    torch.testing.assert_close(pool_last_feature(feature), expected)


def test_a_vector_stays_as_it_is():
    feature = torch.randn(2, 5)
    assert pool_last_feature((feature,)) is feature


def test_the_last_stage_counts():
    first, last = torch.randn(2, 3, 8, 8), torch.randn(2, 6)
    assert pool_last_feature((first, last)) is last
    assert pool_last_feature([(first, last)]) is last


@pytest.mark.parametrize('shape', [(2,), (2, 5, 7), (2, 3, 4, 5, 6)])
def test_tokens_are_refused_with_what_to_set(shape):
    with pytest.raises(ValueError, match="out_type='cls_token'"):
        pool_last_feature((torch.zeros(shape),))


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
