import multiprocessing
import signal

import pytest
from mmengine.hooks import Hook
from tiny_run import tiny_config, train


class LookHook(Hook):
    """Look at the loaders when their processes are there."""

    def __init__(self):
        self.found = {}

    def after_train_iter(self, runner, **_):
        self.found['train'] = runner.train_dataloader.worker_init_fn

    def after_val_iter(self, runner, **_):
        self.found['val'] = runner.val_dataloader.worker_init_fn

    def after_test_iter(self, runner, **_):
        self.found['test'] = runner.test_dataloader.worker_init_fn


def answer(begin, sender):
    begin(0)
    sender.send(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)


@pytest.mark.parametrize('num_workers', [0, 1])
def test_each_loader_is_tied_once(tmp_path, num_workers):
    look = LookHook()
    options = {
        'train_cfg.max_epochs': 2,
        'train_dataloader.num_workers': num_workers,
    }
    train(tiny_config(tmp_path, **options), look)
    assert set(look.found) == {'train', 'val', 'test'}
    context = multiprocessing.get_context('fork')
    for begin in look.found.values():
        assert 'seed' in begin.keywords
        # MMEngine's own, which seeds, is inside, and only once wrapped
        assert begin.args[0].__module__.startswith('mmengine')
        receiver, sender = context.Pipe()
        process = context.Process(target=answer, args=(begin, sender))
        process.start()
        assert receiver.poll(10) and receiver.recv()
        process.join()
