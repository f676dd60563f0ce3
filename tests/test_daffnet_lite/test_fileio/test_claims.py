import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import claims
from daffnet_lite.fileio.claims import claim_file, claim_folder
from daffnet_lite.fileio.leftovers import temporary_name

WORKER = """
import sys, time
from daffnet_lite.fileio.claims import claim_{kind}
with claim_{kind}({path!r}):
    print('begun', flush=True)
    time.sleep(60)
"""


@pytest.fixture
def working():
    """Another process that claims something and stays."""
    started = []

    def start(kind, path):
        program = WORKER.format(kind=kind, path=str(path))
        process = subprocess.Popen(
            [sys.executable, '-c', program], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == 'begun\n'
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_claim_leaves_nothing(tmp_path):
    for _ in range(2):
        with claim_folder(tmp_path / 'a' / 'b'):
            assert (tmp_path / 'a' / 'b' / '.lock').is_file()
        with claim_file(tmp_path / 'x.json'):
            assert (tmp_path / '.x.json.lock').is_file()
    assert sorted(p.name for p in tmp_path.rglob('*')) == ['a', 'b']


@pytest.mark.parametrize(
    ('kind', 'claim', 'words'),
    [('folder', claim_folder, 'in'), ('file', claim_file, 'on')],
)
def test_another_process(tmp_path, working, monkeypatch, kind, claim, words):
    path = tmp_path / 'out'
    other = working(kind, path)
    monkeypatch.setattr(claims, 'PATIENCE', 0.2)
    with pytest.raises(InputError) as caught, claim(path):
        pass
    sentence = str(caught.value)
    assert f'another process is working {words} {path} (-c on ' in sentence
    assert f'process {other.pid}, since 20' in sentence
    assert sentence.endswith('wait for its end, or end it')
    other.kill()
    other.wait()
    with claim(path):
        pass


def test_who_waits_gets_its_turn(tmp_path, working):
    other = working('folder', tmp_path)
    timer = threading.Timer(0.5, other.kill)
    timer.start()
    begun = time.monotonic()
    with claim_folder(tmp_path):
        assert time.monotonic() - begun >= 0.4
    timer.join()


def test_many_at_once_are_one_at_a_time(tmp_path):
    inside, most = [], []

    def work():
        for _ in range(20):
            with claim_file(tmp_path / 'x'):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 80 and max(most) == 1


def test_workers_do_not_keep_it(tmp_path):
    context = multiprocessing.get_context('fork')
    begun = context.Event()

    def work():
        begun.set()
        time.sleep(60)

    with claim_folder(tmp_path):
        worker = context.Process(target=work)
        worker.start()
        begun.wait(10)
    try:
        assert os.listdir(tmp_path) == []
        with claim_folder(tmp_path):
            assert os.listdir(tmp_path) == ['.lock']
    finally:
        worker.kill()
        worker.join()


@pytest.mark.parametrize('again', [True, False])
def test_a_folder_that_is_deleted_meanwhile(tmp_path, again):
    folder = tmp_path / 'out'
    with (
        pytest.raises(InputError, match='out was deleted or moved while'),
        claim_folder(folder) as claim,
    ):
        claim.check()
        shutil.rmtree(folder)
        if again:
            (folder / 'deep').mkdir(parents=True)
    assert not (folder / '.lock').exists()


def test_a_long_name(tmp_path):
    with claim_file(tmp_path / ('ü' * 127)):
        assert [name[:2] for name in os.listdir(tmp_path)] == ['.ü']


def test_what_killed_processes_left_is_swept(tmp_path):
    path = tmp_path / 'deep' / 'x.json'
    others = [path.with_name('.x.json.tmp'), path.with_name('y.tmp')]
    path.parent.mkdir()
    left = [temporary_name(path), temporary_name(path.with_name('z'))]
    for file in (*left, *others):
        file.touch()
    with claim_file(path):
        assert not left[0].exists() and left[1].exists()
    with claim_folder(tmp_path):
        assert not left[1].exists()
    assert sorted(path.parent.iterdir()) == others
