import argparse

import pytest
import torch
from mmengine.device import get_device

from daffnet_lite.errors import InputError
from daffnet_lite.shipped_files import (
    SHIPPED_CONFIG,
    SHIPPED_WEIGHTS,
    shipped_file,
)
from daffnet_lite.utils.command_line import (
    ToolParser,
    WholeNumber,
    share,
)
from daffnet_lite.utils.devices import check_device, settle_device


def test_numbers_within_limits():
    assert [WholeNumber(0, 100)(text) for text in ('0', '100')] == [0, 100]
    assert [share(text) for text in ('0', '0.05', '1')] == [0, 0.05, 1]
    for kind, text in (
        (WholeNumber(0, 100), '-1'),
        (WholeNumber(0, 100), '101'),
        (WholeNumber(1), '1.5'),
        (share, '25'),
        (share, 'nan'),
    ):
        with pytest.raises(argparse.ArgumentTypeError, match=text):
            kind(text)


def test_settings_of_a_config():
    parser = ToolParser('What it does.\n\nMore.')
    parser.add_cfg_options()
    args = parser.parse_args(['--cfg-options', 'a.b=1', 'c=[x,y]', 'd=e=f'])
    assert args.cfg_options == {'a.b': 1, 'c': ['x', 'y'], 'd': 'e=f'}
    assert parser.parse_args([]).cfg_options == {}


def test_the_shipped_model_where_no_other_is_named(tmp_path, capsys):
    parser = ToolParser('What it does.')
    parser.add_model(shipped=True)
    args = parser.parse_checked([])
    assert args.config == shipped_file(SHIPPED_CONFIG)
    assert args.checkpoint == shipped_file(SHIPPED_WEIGHTS)
    args = parser.parse_checked(['--config', 'a.py', '--checkpoint', 'b.pth'])
    assert (args.config, args.checkpoint) == ('a.py', 'b.pth')
    for words in (['--config', 'a.py'], ['--checkpoint', 'b.pth']):
        with pytest.raises(SystemExit) as stop:
            parser.parse_checked(words)
        assert stop.value.code == 2
        assert 'go together' in capsys.readouterr().err


def test_what_is_wrong_is_one_sentence(capsys):
    with pytest.raises(SystemExit) as stop:
        ToolParser('What it does.').parse_args(['--nonsense'])
    assert stop.value.code == 2
    assert capsys.readouterr().err == (
        'error: unrecognized arguments: --nonsense (see --help)\n'
    )


def test_devices_that_are_not_there(monkeypatch):
    assert settle_device('cpu') == 'cpu'
    assert settle_device(None) == get_device()
    for name in ('gpu0', 'meta', 'cuda:99'):
        with pytest.raises(InputError, match=f'--device {name} cannot be'):
            settle_device(name)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    with pytest.raises(InputError, match='there is cpu, cuda:0, cuda:1: name'):
        check_device('gpu0')


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_devices_that_are_there():
    check_device('cuda')
    check_device('cuda:0')
