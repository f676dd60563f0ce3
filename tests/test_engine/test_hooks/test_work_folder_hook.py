import atexit
import shutil

import pytest
from tiny_run import InterruptHook, Interruption, tiny_config, train

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import claims
from daffnet_lite.fileio.leftovers import temporary_name

SHORT = {'train_cfg.max_epochs': 1}


def test_a_second_training_is_kept_out(tmp_path, monkeypatch):
    monkeypatch.setattr(claims, 'PATIENCE', 0)
    with (
        claims.claim_file(tmp_path / 'last_checkpoint'),
        pytest.raises(InputError, match='another process is working on .*las'),
    ):
        train(tiny_config(tmp_path, **SHORT))
    assert not list(tmp_path.glob('*.pth'))


def test_leftovers_are_swept_and_none_is_left(tmp_path):
    left = temporary_name(tmp_path / 'epoch_1.pth')
    left.touch()
    # What failed in this process does not keep the next one out.
    with pytest.raises(Interruption):
        train(tiny_config(tmp_path, **SHORT), InterruptHook('before_train', 0))
    assert not left.exists()
    assert (tmp_path / '.last_checkpoint.lock').exists()
    train(tiny_config(tmp_path, **SHORT))
    assert not list(tmp_path.glob('.*'))


def test_the_folder_of_a_failed_training_may_be_removed(tmp_path, monkeypatch):
    at_the_end = []
    monkeypatch.setattr(
        atexit, 'register', lambda *call: at_the_end.append(call)
    )
    work_dir = tmp_path / 'run'
    with pytest.raises(Interruption):
        train(tiny_config(work_dir, **SHORT), InterruptHook('before_train', 0))
    shutil.rmtree(work_dir)
    assert at_the_end
    for function, *arguments in at_the_end:
        function(*arguments)
