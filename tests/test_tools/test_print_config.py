import json

import pytest
from mmengine import Config
from tool_process import REPOSITORY

CONFIG = REPOSITORY / 'configs/daffnet/daffnet-tiny_synthetic.py'


def lists(cfg):
    """A config's settings, its tuples as lists."""
    return json.loads(json.dumps(cfg.to_dict()))


def test_what_is_printed_is_the_same_config_without_bases(tmp_path, succeeds):
    out = tmp_path / 'flat.py'
    options = ['--cfg-options', 'model.head.num_classes=7', 'note=(1,)']
    expected = Config.fromfile(CONFIG)
    expected.merge_from_dict({'model.head.num_classes': 7, 'note': (1,)})

    printed = succeeds('print_config.py', CONFIG, *options)
    assert '_base_' not in printed
    # what libraries say while they are imported stands before it
    flat = printed[printed.index('auto_scale_lr = ') :]
    assert lists(Config.fromstring(flat, '.py')) == lists(expected)

    printed = succeeds('print_config.py', CONFIG, *options, '--out', out)
    assert 'auto_scale_lr' not in printed
    assert Config.fromfile(out).to_dict() == expected.to_dict()


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        (None, 'does not exist'),
        ('model = dict(', 'was never closed'),
        ("_base_ = './nothing.py'", 'nothing.py'),
        (f"_base_ = ['{CONFIG}', '{CONFIG}']", 'Duplicate key'),
    ],
)
def test_bad_input(tmp_path, fails, text, words):
    path = tmp_path / 'mine.py'
    if text is not None:
        path.write_text(text)
    assert words in fails('print_config.py', path)
