import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from mmengine import Config
from mmpretrain.registry import MODELS
from tiny_run import tiny_config, train

from daffnet_lite.errors import InputError
from daffnet_mm.utils.requirements import (
    check_requirements,
    missing_data,
    missing_weights,
    without_downloads,
)

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
FULL = CONFIGS / 'daffnet'


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """PyTorch's cache, empty."""
    monkeypatch.setattr(torch.hub, '_hub_dir', str(tmp_path / 'hub'))
    folder = tmp_path / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def no_network(monkeypatch):
    """No name is resolved, as on a compute node."""

    def refuse(*args, **kwargs):
        raise OSError('Name or service not known')

    monkeypatch.setattr('socket.getaddrinfo', refuse)


@pytest.mark.parametrize(
    ('config', 'file', 'maker', 'trained'),
    [
        (
            'daffnet-lite_laboratories.py',
            'calibrated.pth',
            'analysis_tools/calibrate_map.py',
            'configs/daffnet/map-lite_laboratories.py',
        ),
        (
            'mean/map-lite_mean.py',
            'mean.pth',
            'model_converters/average_models.py',
            'of the config map-lite_laboratories',
        ),
    ],
)
def test_weights_that_are_made_of_trained_ones(config, file, maker, trained):
    """A training alone leaves none of that name."""
    missing = missing_weights(Config.fromfile(FULL / config))
    path = f'work_dirs/map-lite_laboratories/{file} does not exist'
    assert missing[path].startswith(
        f'python tools/{maker} makes it of what the training {trained} leaves'
    )


def test_all_that_is_missing_is_said_at_once(hub, no_network):
    with pytest.raises(InputError) as caught:
        check_requirements(Config.fromfile(FULL / 'daffnet_pbc.py'))
    message = str(caught.value)
    name = 'resnet50_8xb32_in1k_20210831-ea4938fc.pth'
    for part in (
        'daffnet_pbc.py cannot be trained yet: (1) https://download.',
        f'{name} cannot be downloaded (Name or service not known): fetch',
        f'put it into {hub}, or train without it by tools/train.py --from-',
        'work_dirs/map_ssl/best.pth does not exist: the training of the ',
        '--cfg-options model.neck.predictor.init_cfg.checkpoint=FILE',
        'data/PBC_dataset_normal_DIB (PBC) is no folder: docs/data.md',
    ):
        assert part in message
    # Backbone and head take the same file: it is named once.
    assert message.count('https://') == 1


def test_what_lies_in_the_cache_is_found(hub, no_network):
    cfg = Config.fromfile(FULL / 'map_wbcatt.py')
    (hub / 'resnet50_8xb32_in1k_20210831-ea4938fc.pth').touch()
    assert missing_weights(cfg) == {}


def test_the_file_is_read_from_there(hub, no_network):
    # what MMEngine makes of the address, without a network
    backbone = dict(type='ResNet', depth=18, base_channels=4, stem_channels=4)
    torch.manual_seed(1)
    state = MODELS.build(backbone).state_dict()
    torch.save(dict(state_dict=state), hub / 'tiny.pth')
    backbone['init_cfg'] = dict(
        type='Pretrained', checkpoint='https://nowhere.invalid/a/tiny.pth'
    )
    torch.manual_seed(2)
    model = MODELS.build(backbone)
    model.init_weights()
    assert torch.equal(model.conv1.weight, state['conv1.weight'])


def test_a_server_that_answers(tmp_path, hub):
    (tmp_path / 'there.pth').touch()
    server = ThreadingHTTPServer(
        ('127.0.0.1', 0),
        partial(SimpleHTTPRequestHandler, directory=str(tmp_path)),
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cfg = Config.fromfile(FULL / 'map_wbcatt.py')
    address = f'http://127.0.0.1:{server.server_port}'
    cfg.model.head.init_cfg = None
    for name, expected in (('there.pth', 0), ('gone.pth', 1)):
        cfg.model.backbone.init_cfg.checkpoint = f'{address}/{name}'
        assert len(missing_weights(cfg)) == expected
    server.shutdown()


@pytest.mark.parametrize('arch', ['lite0', 'lite2'])
def test_weights_that_a_command_brings(tmp_path, monkeypatch, arch):
    monkeypatch.chdir(tmp_path)
    cfg = Config.fromfile(FULL / 'map-lite_wbcatt.py')
    name = f'efficientnet-{arch}.pth'
    cfg.model.init_cfg.checkpoint = f'work_dirs/{name}'
    converter = 'tools/model_converters/efficientnet_lite_to_mmpretrain.py'
    assert missing_weights(cfg) == {
        f'work_dirs/{name} does not exist': (
            f'python {converter} --arch {arch} --out work_dirs/{name} brings '
            'it; or train without it by tools/train.py --from-scratch'
        )
    }
    assert (CONFIGS.parent / converter).is_file()
    assert without_downloads(cfg) == {'model.init_cfg': None}


def test_pseudo_labels_and_data():
    missing = missing_data(Config.fromfile(FULL / 'map_ssl.py'))
    labels = [what for what in missing if 'pseudo_labels' in what]
    assert len(labels) == 5
    assert {missing[what] for what in labels} == {
        missing['data/pseudo_labels/lisc.json does not exist']
    }
    assert 'data/wbcatt (WBCAtt) is no folder' in missing


@pytest.mark.parametrize(
    'path',
    [
        p
        for p in sorted(CONFIGS.rglob('*.py'))
        if '_base_' not in p.parts and 'tiny' not in p.name
    ],
    ids=lambda p: p.stem,
)
def test_every_config_goes_without_downloads(path):
    cfg = Config.fromfile(path)
    options = without_downloads(cfg)
    cfg.merge_from_dict(options)
    assert without_downloads(cfg) == {}
    if options and cfg.default_hooks.get('freeze'):
        assert cfg.default_hooks['freeze'].epochs == 0


def test_from_scratch_is_what_the_documents_said():
    cfg = Config.fromfile(FULL / 'map_wbcatt.py')
    assert without_downloads(cfg) == {
        'model.backbone.init_cfg': None,
        'model.head.init_cfg': None,
        'default_hooks.freeze.epochs': 0,
    }


def test_a_run_by_other_scripts_ends_in_the_sentence(
    tmp_path, hub, no_network
):
    cfg = tiny_config(tmp_path)
    cfg.model.backbone.init_cfg = dict(
        type='Pretrained', checkpoint='https://nowhere.invalid/a.pth'
    )
    with pytest.raises(InputError, match=r'a\.pth cannot be downloaded'):
        train(cfg)
