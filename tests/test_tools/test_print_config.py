import json

import pytest
from mmengine import Config
from tool_process import REPOSITORY, run_tool

CONFIG = REPOSITORY / 'configs/daffnet/daffnet-tiny_synthetic.py'


def lists(cfg):
    """A config's settings, its tuples as lists."""
    return json.loads(json.dumps(cfg.to_dict()))


def test_what_is_printed_is_the_same_config_without_bases(tmp_path):
    log, out = tmp_path / 'log', tmp_path / 'flat.py'
    options = ['--cfg-options', 'model.head.num_classes=7', 'note=(1,)']
    expected = Config.fromfile(CONFIG)
    expected.merge_from_dict({'model.head.num_classes': 7, 'note': (1,)})

    status, printed = run_tool('print_config.py', CONFIG, *options, log=log)
    assert status == 0, printed
    assert '_base_' not in printed
    # what libraries say while they are imported stands before it
    flat = printed[printed.index('auto_scale_lr = ') :]
    assert lists(Config.fromstring(flat, '.py')) == lists(expected)

    status, printed = run_tool(
        'print_config.py', CONFIG, *options, '--out', out, log=log
    )
    assert status == 0 and 'auto_scale_lr' not in printed
    assert Config.fromfile(out).to_dict() == expected.to_dict()


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        (None, 'does not exist'),
        ('model = dict(', 'no config that resolves: SyntaxError'),
        ("_base_ = './nothing.py'", 'nothing.py'),
        (f"_base_ = ['{CONFIG}', '{CONFIG}']", 'Duplicate key'),
    ],
)
def test_bad_input(tmp_path, text, words):
    path = tmp_path / 'mine.py'
    if text is not None:
        path.write_text(text)
    status, output = run_tool('print_config.py', path, log=tmp_path / 'log')
    assert status == 2 and 'Traceback' not in output
    (line,) = [x for x in output.splitlines() if x.startswith('error: ')]
    assert words in line
