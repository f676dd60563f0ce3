import logging
from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from daffnet_mm.evaluation import EvaluationReport, write_report


@HOOKS.register_module()
class EvaluationReportHook(Hook):
    """Write the tables and figures of a test beside the checkpoint.

    After a test, the report of every metric that keeps one (``WBCMetric``,
    ``MultiAttributeMetric``) is written by
    :func:`~daffnet_mm.evaluation.write_report`: the metrics as JSON, the
    per-class or per-attribute table and the predictions as CSV, and the
    confusion matrices as a figure (the paper's Figs. 6 and 7). A file is
    replaced only by a whole new one. With several processes, the main one
    writes.

    Args:
        out_dir (str, optional): The folder. Defaults to None,
            ``evaluation`` in the run's work folder.
        figures (bool): Whether to draw the confusion matrices.
            Defaults to True.

    Examples:
        >>> custom_hooks = [dict(type='EvaluationReportHook')]
    """

    # After the hook that logs the metrics
    priority = 'VERY_LOW'

    def __init__(
        self, out_dir: str | None = None, figures: bool = True
    ) -> None:
        self.out_dir = out_dir
        self.figures = figures

    @master_only
    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Write the reports of the test that has ended.

        Args:
            runner (Runner): The runner of the test.
            metrics (dict, optional): All metric values; not used, since the
                reports have them.
        """
        out_dir = Path(self.out_dir or Path(runner.work_dir) / 'evaluation')
        reports = [
            metric.report
            for metric in runner.test_loop.evaluator.metrics
            if isinstance(getattr(metric, 'report', None), EvaluationReport)
        ]
        if not reports:
            print_log(
                'EvaluationReportHook has nothing to write: no metric of '
                'test_evaluator keeps a report; add WBCMetric or '
                'MultiAttributeMetric.',
                'current',
                logging.WARNING,
            )
        for report in reports:
            paths = write_report(report, out_dir, self.figures)
            print_log(
                f'{report.name}: wrote {", ".join(p.name for p in paths)} to '
                f'{out_dir}',
                'current',
            )
