import types

import pytest

from daffnet_mm.utils import compatibility
from daffnet_mm.utils.compatibility import REQUIREMENTS, check_environment

# What an environment without torch and the mm* packages has to offer.
WORKING = {
    'torch': '2.6.0+cpu',
    'torchvision': '0.21.0',
    'mmengine': '0.10.7',
    'mmcv': '2.2.0',
    'mmpretrain': '1.2.0',
}


class Environment:
    """A stand-in for what is installed: versions, or errors at the import."""

    def __init__(self, monkeypatch):
        self.modules = dict(WORKING)
        self.distributions = {}
        monkeypatch.setattr(compatibility, 'import_module', self._import)
        monkeypatch.setattr(
            compatibility, '_installed_version', self.distributions.get
        )

    def _import(self, name):
        if name not in self.modules:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
        found = self.modules[name]
        if isinstance(found, Exception):
            raise found
        return types.SimpleNamespace(__version__=found)

    def sentence(self):
        with pytest.raises(ImportError) as caught:
            check_environment()
        sentence = str(caught.value)
        assert '\n' not in sentence
        assert sentence.endswith('.')
        return sentence


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.delenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', raising=False)
    return Environment(monkeypatch)


def test_the_environment_of_the_tests_passes():
    check_environment()


def test_working_versions_pass(environment):
    check_environment()
    environment.modules.update(
        torch='2.14.1', mmengine='0.10.12', mmcv='2.3.6', mmpretrain='1.3.6'
    )
    check_environment()


@pytest.mark.parametrize('requirement', REQUIREMENTS)
def test_missing(environment, requirement):
    del environment.modules[requirement.module]
    sentence = environment.sentence()
    assert f'needs {requirement.title} >=' in sentence
    assert 'not installed' in sentence
    assert f'pip install "{requirement.distributions[0]}>=' in sentence


@pytest.mark.parametrize(
    ('module', 'version', 'wanted'),
    [
        ('torch', '2.5.1+cu124', '>=2.6,<3.0'),
        ('mmengine', '0.9.1', '>=0.10,<0.11'),
        ('mmcv', '1.7.2', '>=2.0,<3.0'),
        ('mmpretrain', '1.1.1', '>=1.2,<2.0'),
        ('mmpretrain', '2.0.0rc1', '>=1.2,<2.0'),
    ],
)
def test_wrong_version(environment, module, version, wanted):
    environment.modules[module] = version
    sentence = environment.sentence()
    assert f'{wanted}, but {version} is installed' in sentence


def test_torchvision_of_another_torch(environment):
    environment.distributions.update(torch='2.9.0+cpu', torchvision='0.29.1')
    environment.modules['torchvision'] = RuntimeError(
        'operator torchvision::nms does not exist'
    )
    sentence = environment.sentence()
    assert 'torchvision 0.29.1 and torch 2.9.0+cpu do not fit' in sentence
    assert 'torch torchvision' in sentence


def test_broken_import(environment):
    environment.modules['mmpretrain'] = ModuleNotFoundError(
        "No module named 'einops'", name='einops'
    )
    assert "No module named 'einops'" in environment.sentence()


def test_the_command_stays_within_the_installed_line(environment):
    del environment.modules['mmcv']
    environment.distributions['onedl-mmpretrain'] = '1.3.6'
    assert 'pip install "onedl-mmcv>=' in environment.sentence()
    environment.modules['mmcv'] = '1.7.2'
    environment.distributions['mmcv'] = '1.7.2'
    assert 'pip install "mmcv>=' in environment.sentence()


def test_unsafe_loading_is_refused(environment, monkeypatch):
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    assert 'unset TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD' in environment.sentence()


def test_every_type_of_the_package_is_registered():
    from mmpretrain.registry import DATASETS, METRICS, MODELS

    import daffnet_mm

    assert daffnet_mm.__version__
    types = {
        MODELS: (
            'EPSAResNet MAPHead MorphologicalAttributeEncoder MFE FusionHead '
            'DAFFNet SpatialAttention'
        ),
        DATASETS: 'PBC WBCAtt SyntheticWBC',
        METRICS: 'WBCMetric MultiAttributeMetric',
    }
    for registry, names in types.items():
        for name in names.split():
            component = registry.get(name)
            assert component is not None, name
            assert component.__module__.startswith('daffnet_mm.')
