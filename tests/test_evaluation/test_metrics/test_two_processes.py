import json
import os
import socket

import numpy as np
import pytest
import torch.distributed as dist
import torch.multiprocessing as mp
from mmengine.evaluator import Evaluator

from daffnet_lite.structures import ATTRIBUTE_SIZES, WBC5_CLASSES
from daffnet_mm.evaluation import MultiAttributeMetric, WBCMetric

CELLS = 31  # odd, so that the last batch of one process is padding


def cells():
    rng = np.random.default_rng(3)
    return [
        dict(
            img_path=f'{index}.jpg',
            gt_label=int(rng.integers(-1, 5)),
            pred_score=rng.dirichlet(np.ones(5)),
            gt_attributes=[int(rng.integers(-1, k)) for k in ATTRIBUTE_SIZES],
            pred_attribute_scores=np.concatenate(
                [rng.dirichlet(np.ones(k)) for k in ATTRIBUTE_SIZES]
            ),
        )
        for index in range(CELLS)
    ]


def evaluate(samples, folder=None):
    """The metrics and, on the main process, the reports, as JSON."""
    evaluator = Evaluator(
        [
            WBCMetric(collect_dir=folder and os.path.join(folder, 'wbc')),
            MultiAttributeMetric(
                collect_dir=folder and os.path.join(folder, 'attr')
            ),
        ]
    )
    evaluator.dataset_meta = dict(classes=WBC5_CLASSES)
    evaluator.process(samples)
    values = evaluator.evaluate(CELLS)
    reports = [
        metric.report and [metric.report.table, metric.report.predictions]
        for metric in evaluator.metrics
    ]
    return json.dumps([values, reports])


def work(rank, folder, port):
    # not MMEngine's init_dist, which wants a CUDA device
    dist.init_process_group(
        'gloo', init_method=f'tcp://127.0.0.1:{port}', rank=rank, world_size=2
    )
    # as DefaultSampler deals them: turn and turn about, padded from the start
    samples = cells()
    own = [samples[index] for index in [*range(CELLS), 0][rank::2]]
    with open(os.path.join(folder, f'{rank}.json'), 'w') as file:
        file.write(evaluate(own, folder))
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    mp.spawn(work, (str(tmp_path), port), nprocs=2)
    alone = evaluate(cells())
    main, other = (
        (tmp_path / f'{rank}.json').read_text() for rank in range(2)
    )
    assert main == alone
    values, reports = json.loads(other)
    assert json.dumps(values) == json.dumps(json.loads(alone)[0])
    assert reports == [None, None]
