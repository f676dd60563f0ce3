import pytest
from mmengine import Config
from mmengine.registry import MODELS as ROOT
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS

from daffnet_lite.errors import InputError
from daffnet_mm.models import DAFFNet, SpatialAttention


def write(folder, text):
    path = folder / 'mine.py'
    path.write_text(text)
    return path


def test_a_config_inherits_by_name(tmp_path):
    """Its bases' bases too, which are named relative to them."""
    name = 'daffnet_mm::daffnet/daffnet_pbc.py'
    cfg = Config.fromfile(write(tmp_path, f'_base_ = {name!r}\nseed = 5\n'))
    assert cfg.seed == 5
    assert cfg.model.type == 'DAFFNet'
    assert cfg.train_dataloader.dataset.type == 'PBC'


def test_what_is_taken_from_a_base_is_of_the_packages_scope(tmp_path):
    """MMEngine marks it so, and looks for a registry of that name."""
    cfg = Config.fromfile(
        write(
            tmp_path,
            "_base_ = 'daffnet_mm::daffnet/daffnet-tiny_pbc5.py'\n"
            'model = _base_.model\n',
        )
    )
    assert cfg.model['_scope_'] == 'daffnet_mm'
    for registry in (ROOT, MODELS):
        assert type(registry.build(cfg.model)) is DAFFNet


def test_components_by_the_packages_name():
    assert MODELS.get('daffnet_mm.DAFFNet') is DAFFNet
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        built = ROOT.build(dict(type='daffnet_mm.SpatialAttention'))
    assert type(built) is SpatialAttention


def test_a_name_that_there_is_not(tmp_path):
    path = write(tmp_path, "_base_ = 'daffnet_mm::daffnet/dafnet_pbc.py'\n")
    with pytest.raises(
        InputError,
        match=r'mine\.py inherits daffnet_mm::daffnet/dafnet_pbc\.py, but '
        r'.*near are .*daffnet/daffnet_pbc\.py',
    ):
        Config.fromfile(path)


def test_other_packages_are_left_to_mmengine(tmp_path):
    path = write(tmp_path, "_base_ = 'nobody::daffnet/daffnet_pbc.py'\n")
    with pytest.raises(
        AssertionError, match='does not support to load nobody'
    ):
        Config.fromfile(path)
    near = tmp_path / 'near.py'
    near.write_text('_base_ = "mine.py"')
    write(tmp_path, 'seed = 7')
    assert Config.fromfile(near).seed == 7
