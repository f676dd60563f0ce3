"""What `daffnet_mm` shows of `daffnet_lite` is the same thing."""

from importlib import import_module

import pytest

import daffnet_lite
import daffnet_mm


@pytest.mark.parametrize(
    'name', ['cropping', 'errors', 'profiles', 'structures']
)
def test_both_packages_have_it(name):
    shown = import_module(f'daffnet_mm.{name}')
    light = import_module(f'daffnet_lite.{name}')
    public = getattr(light, '__all__', None) or [
        key for key in vars(light) if not key.startswith('_')
    ]
    assert sorted(shown.__all__) == sorted(public)
    for key in public:
        assert getattr(shown, key) is getattr(light, key)


def test_they_are_one_version():
    assert daffnet_mm.__version__ == daffnet_lite.__version__
