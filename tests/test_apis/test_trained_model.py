"""Configs whose model cannot be built."""

import pytest
from mmengine import Config
from tiny_run import PREDICTOR

from daffnet_lite.errors import InputError
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.trained_model import building, load_trained

UNKNOWN = dict(PREDICTOR, backbone=dict(type='NoSuchNet'))


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(), r'cfg\.py has no model'),
        (dict(lr=1), r'cfg\.py has no model'),
        (dict(model='resnet'), r'cfg\.py has no model'),
        (dict(model=UNKNOWN), r'cfg\.py names NoSuchNet'),
    ],
)
def test_whoever_builds_it(tmp_path, settings, message):
    Config(settings).dump(tmp_path / 'cfg.py')
    cfg = Config.fromfile(tmp_path / 'cfg.py')
    with pytest.raises(InputError, match=message):
        load_trained(cfg, 'weights.pth', 'cpu')
    with pytest.raises(InputError, match=message):
        WBCInferencer(str(tmp_path / 'cfg.py'), 'weights.pth')


def test_errors_of_ours_stay():
    with pytest.raises(KeyError), building(Config(dict(model=dict()))):
        dict()['depth']
