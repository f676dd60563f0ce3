import os
from pathlib import Path

import pytest
from mmengine import Config

from daffnet_mm.reproduction.config_edits import (
    set_epochs,
    set_image_size,
)
from daffnet_mm.reproduction.methods import recipe
from daffnet_mm.reproduction.recipes import Recipe
from daffnet_mm.reproduction.short_config import short_config

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


def same(cfg, other):
    """Equal, and of equal types: True is not 1, a tuple is no list."""
    return repr(sort(cfg.to_dict())) == repr(sort(other.to_dict()))


def sort(value):
    if isinstance(value, dict):
        return {key: sort(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return type(value)(map(sort, value))
    return value


@pytest.mark.parametrize('scale', ['full', 'tiny'])
@pytest.mark.parametrize(
    ('method', 'dataset'),
    [
        ('resnet50', 'pbc'),
        ('daffnet', 'bccd'),
        ('variant/sa-transformer', 'pbc5'),
        ('scam/concat', 'raabin'),
        ('scam/tl-none', 'ldwbc'),
        ('scam/peer/inception-v3_raw', 'lisc'),
        ('peer/vit-base', 'labelled'),
        ('map/plain', 'wbcatt'),
        ('map/dsl-ssl', 'wbcatt'),
    ],
)
def test_what_is_written_is_what_was_edited(method, dataset, scale, tmp_path):
    found = recipe(CONFIGS, method, dataset, scale)
    cfg = found.load()
    path = tmp_path / 'config.py'
    path.write_text(short_config(found, cfg))
    assert same(Config.fromfile(path), cfg)

    if scale == 'tiny':
        set_image_size(cfg, 64)
    set_epochs(cfg, 6)
    cfg.randomness['seed'] = 3
    data = cfg.train_dataloader
    data.dataset = dict(
        type='StratifiedSubset', fraction=0.5, dataset=data.dataset
    )
    if 'neck' in cfg.model and 'predictor' in cfg.model.neck:
        cfg.model.neck.predictor['init_cfg'] = dict(type='Pretrained')
    path.write_text(short_config(found, cfg))
    assert same(Config.fromfile(path), cfg)
    text = path.read_text()
    assert text.startswith(f"_base_ = [\n    '{CONFIGS}/_base_/datasets/")
    assert 'randomness = dict(seed=3)\n' in text
    # Nothing of the network's is repeated but what was changed.
    # Nothing of the network's is repeated.
    assert "type='ResNet'" not in text and 'prefix' not in text


def test_data_stay_where_they_were(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, 'LISC_ROOT', '/cells/lisc')
    found = recipe(CONFIGS, 'resnet50', 'lisc', 'tiny')
    cfg, path = found.load(), tmp_path / 'config.py'
    path.write_text(short_config(found, cfg))
    monkeypatch.setitem(os.environ, 'LISC_ROOT', '/elsewhere')
    assert same(Config.fromfile(path), cfg)
    assert cfg.test_dataloader.dataset.data_root == '/cells/lisc'


@pytest.fixture
def base(tmp_path):
    path = tmp_path / 'base.py'
    path.write_text(
        'a = dict(x=1, y=dict(z=2))\nb = [dict(x=1)]\nc = None\nd = True\n'
        "e = dict(x=dict(z=1))\nf = (1, 2)\ng = {'no name': 1}\n"
    )
    return Recipe(path, (path,), '')


@pytest.mark.parametrize(
    ('edits', 'text'),
    [
        ({}, ''),
        (dict(a=dict(x=1, y=dict(z=3))), 'a = dict(y=dict(z=3))\n'),
        (dict(a=dict(x=1)), 'a = dict(_delete_=True, x=1)\n'),
        (dict(e=dict(x=dict())), 'e = dict(x=dict(_delete_=True))\n'),
        (dict(b=dict(x=1)), 'b = dict(_delete_=True, x=1)\n'),
        (dict(c=dict(x=1)), 'c = dict(_delete_=True, x=1)\n'),
        (dict(e=dict(x=None)), 'e = dict(x=None)\n'),
        (dict(d=1), 'd = 1\n'),
        (dict(f=[1, 2]), 'f = [1, 2]\n'),
        (dict(f=(1,)), 'f = (1,)\n'),
        (dict(n=float('inf')), "n = float('inf')\n"),
        (dict(n={'a-b': 1, 'class': 2}), "n = {'a-b': 1, 'class': 2}\n"),
        (dict(n=["it's", ['\\d']]), "n = [\"it's\", ['\\\\d']]\n"),
    ],
)
def test_differences(base, tmp_path, edits, text):
    cfg = base.load()
    for key, value in edits.items():
        cfg[key] = value
    path = tmp_path / 'short.py'
    path.write_text(short_config(base, cfg))
    assert path.read_text().split(']\n', 1)[1] == text
    assert same(Config.fromfile(path), cfg)


def test_lines_are_short(base, tmp_path):
    cfg = base.load()
    cfg.n = [dict(type='T', values=list(range(40)), deep=dict(a='x' * 50))] * 2
    path = tmp_path / 'short.py'
    path.write_text(short_config(base, cfg))
    lines = path.read_text().split('\n')[1:]
    assert max(map(len, lines)) <= 79 and len(lines) > 80
    assert same(Config.fromfile(path), cfg)


def test_no_setting_can_be_taken_back(base, tmp_path):
    cfg = base.load()
    del cfg._cfg_dict['c']
    with pytest.raises(ValueError, match='has lost c'):
        short_config(base, cfg)
