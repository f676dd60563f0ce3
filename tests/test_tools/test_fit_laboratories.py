"""How sure a model may be elsewhere is fitted, stored and published."""

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from exported_model import write_cells
from tool_process import run_tool

from daffnet_lite.profiles import estimate_profile, measure_file

FIT = 'analysis_tools/fit_laboratories.py'


def write_predictions(path, temperature, cells=4000, seed=0):
    """Answers whose logits are as much too large as the temperature says."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(cells, 3)) * 2
    true = np.exp(logits)
    true /= true.sum(1, keepdims=True)
    labels = (rng.random((cells, 1)) > true.cumsum(1)).sum(1)
    said = np.exp(logits * temperature)
    said /= said.sum(1, keepdims=True)
    table = pd.DataFrame(said, columns=['p(a)', 'p(b)', 'p(c)'])
    table.insert(0, 'true', np.array(['a', 'b', 'c'])[labels])
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp('world')
    write_cells(folder / 'cells', range(30))
    write_predictions(folder / 'one.csv', 1.5)
    write_predictions(folder / 'two.csv', 2.4, seed=1)
    write_predictions(folder / 'third.csv', 3.0, seed=2)
    content = dict(
        meta=dict(dataset_meta=dict(classes=['a', 'b', 'c'])),
        state_dict=dict(weight=torch.rand(3)),
    )
    torch.save(content, folder / 'best.pth')
    return folder


def fit(folder, *words):
    return run_tool(
        FIT,
        folder / 'best.pth',
        *('--taught', f'PBC={folder / "cells"}'),
        *('--out', folder / 'fitted.pth'),
        *('--elsewhere', *words),
        log=folder / 'log',
    )


def test_the_mean_of_several_laboratories(world):
    one, two, third = (world / f'{n}.csv' for n in ('one', 'two', 'third'))
    status, output = fit(world, one, two, '--check', third)
    assert status == 0, output
    before = torch.load(world / 'best.pth', weights_only=True)
    after = torch.load(world / 'fitted.pth', weights_only=True)
    assert torch.equal(
        before['state_dict']['weight'], after['state_dict']['weight']
    )
    found = after['meta'].pop('laboratories')
    assert after['meta'] == before['meta']
    assert found['temperature'] == pytest.approx(np.sqrt(1.5 * 2.4), rel=0.05)
    files = sorted((world / 'cells').iterdir())
    own = estimate_profile(map(measure_file, map(str, files))).to_dict()
    assert found['profiles'] == dict(PBC=own)
    rows = [line for line in output.splitlines() if '.csv' in line]
    assert len(rows) == 3 and '4000' in rows[0]
    assert f'temperature {found["temperature"]:g}, elsewhere' in output


def test_never_surer_than_at_home(world):
    modest = write_predictions(world / 'modest.csv', 0.6)
    assert fit(world, modest)[0] == 0
    meta = torch.load(world / 'fitted.pth', weights_only=True)['meta']
    assert meta['laboratories']['temperature'] == 1


@pytest.mark.parametrize(
    ('text', 'why'),
    [
        (None, 'has no predictions'),
        ('image,label\na,b\n', 'true'),
        ('true,p(a),p(b)\nc,0.5,0.5\n', 'line 2: a cell of the class c'),
        ('true,p(a),p(b)\na,x,y\n', 'line 2'),
        ('true,p(a),p(b)\na,0,0\n', 'whose sum is 0'),
    ],
)
def test_predictions_that_are_none(world, tmp_path, text, why):
    path = tmp_path / 'bad.csv'
    if text is not None:
        path.write_text(text)
    status, output = fit(world, path)
    said = ' '.join(output.split())
    assert status == 2
    assert f'error: {path}' in said and why in said


def test_a_laboratory_without_colours(world, tmp_path):
    for index in range(30):
        grey = np.full((200, 200, 3), 8 * index, np.uint8)
        cv2.imwrite(str(tmp_path / f'{index}.png'), grey)
    status, output = run_tool(
        FIT,
        world / 'best.pth',
        *('--taught', f'flat={tmp_path}'),
        *('--out', world / 'fitted.pth'),
        *('--elsewhere', world / 'one.csv'),
        log=world / 'log',
    )
    assert status == 2
    assert 'the profile of flat has no colours' in ' '.join(output.split())
