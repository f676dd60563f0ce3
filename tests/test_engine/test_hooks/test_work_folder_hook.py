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
