from mmengine.evaluator import Evaluator
from mmpretrain.registry import METRICS

import daffnet_mm.evaluation  # noqa: F401


def run_metric(kind, samples, classes=('a', 'b'), **kwargs):
    """Evaluate in batches of four, as a test loop does.

    Returns:
        tuple[dict, BaseMetric]: The values, and the metric itself.
    """
    metric = METRICS.build(dict(type=kind, **kwargs))
    evaluator = Evaluator(metric)
    evaluator.dataset_meta = dict(classes=classes)
    for start in range(0, len(samples), 4):
        evaluator.process(samples[start : start + 4])
    return evaluator.evaluate(len(samples)), metric
