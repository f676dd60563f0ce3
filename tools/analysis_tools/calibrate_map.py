"""Calibrate a trained model: fit temperatures, store them in a checkpoint.

Usage:
    python tools/analysis_tools/calibrate_map.py CONFIG CKPT --out FILE
        [--figure FILE] [--test] [--logit-adjustment 0.2]
        [--device DEVICE] [--cfg-options KEY=VALUE ...]

One temperature for each attribute and one for the cell type are fitted on
the config's validation part. Dividing logits by a temperature changes how
sure the model is, but not what it predicts. FILE has the temperatures built
into the weights of the last layers, so it is used like any other checkpoint;
they are listed in its ``meta['temperatures']``. The expected calibration
error (ECE) and the cross entropy are printed before and after, with --test
also for the test part, of which the fit knows nothing. The figure shows the
reliability diagrams, by default beside FILE.

--logit-adjustment first makes rare attribute values more likely, by the shares
that they have in the config's training part; unlike a temperature this does
change predictions: in favour of macro F1. It goes into the weights too, and
into ``meta['logit_adjustment']``.

Of a DAFFNet only the cell type is calibrated: its attributes feed the
classifier, which was trained on them as they are. Calibrate the MAP of
stage 2, then train stage 3 with it.

A rule of tools/analysis_tools/fit_review.py goes by the probabilities as they
were, and so does what tools/analysis_tools/fit_laboratories.py says of other
laboratories. FILE is without both: calibrate first, and fit them to FILE.
"""

import torch
from mmengine import Config
from mmengine.runner import Runner, weights_to_cpu
from mmpretrain.registry import DATASETS
from rich.console import Console
from rich.progress import track
from rich.table import Table

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.check_outputs import check_out_file
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.apis.laboratories_of_checkpoint import LABORATORIES
from daffnet_mm.apis.review_of_checkpoint import REVIEW
from daffnet_mm.apis.trained_model import find_infinite, load_trained
from daffnet_mm.checkpoints import check_classes, save_checkpoint
from daffnet_mm.datasets.sample_infos import count_values
from daffnet_mm.evaluation import CalibrationMetric
from daffnet_mm.evaluation.functional import (
    ReliabilityBins,
    fit_temperature,
    log_loss_bits,
    scale_temperature,
)
from daffnet_mm.models.heads import MAPHead, divide_outputs, find_map_head
from daffnet_mm.utils.config_files import load_config
from daffnet_mm.utils.dataset_configs import leave_out_broken
from daffnet_mm.visualization import plot_reliability, save_figure

CELL_TYPE = CalibrationMetric.CELL_TYPE
#: How the columns of figures are printed, from the cells to the bits.
FORMATS = ('{}', '{:.3f}', *3 * ['{:.2f}'], *2 * ['{:.4f}'])


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_model()
    parser.add_output('--out', 'calibrated checkpoint to write', required=True)
    parser.add_output(
        '--figure',
        'figure to write (default: that of --out with the ending .png)',
    )
    parser.add_argument(
        '--test', action='store_true', help='measure on the test part too'
    )
    parser.add_argument(
        '--logit-adjustment',
        type=float,
        default=0.0,
        metavar='STRENGTH',
        help='of a MAP; 1 trades accuracy for the recall of rare values '
        'fully (default: %(default)s)',
    )
    parser.add_device()
    return parser


def predict(
    model: torch.nn.Module, dataloader: dict, meta: dict, source: str
) -> dict:
    """Predict a part of the data; gives scores and truth by target."""
    dataset = leave_out_broken(dataloader['dataset'])
    loader = Runner.build_dataloader(dict(dataloader, dataset=dataset))
    check_classes(loader.dataset, meta, source)
    head = find_map_head(model)
    metric = CalibrationMetric(head.attributes if head is not None else {})
    for batch in track(loader, description='predicting'):
        samples = model.test_step(batch)
        for sample in samples:
            if error := find_infinite(sample, f'a cell of {source}'):
                raise InputError(error)
        metric.process(None, [s.to_dict() for s in samples])
    metric.compute_metrics(metric.results)
    predictions = metric.predictions
    if not isinstance(model.head, MAPHead):
        # the attributes belong to a predictor that is not to be changed
        predictions = {
            name: pair
            for name, pair in predictions.items()
            if name == CELL_TYPE
        }
    return predictions


def build_in(model: torch.nn.Module, temperatures: dict) -> None:
    """Divide the logits of the model's last layers."""
    head = model.head
    if isinstance(head, MAPHead):
        head.divide_logits(
            [temperatures.get(name, 1.0) for name in head.attributes],
            temperatures.get(CELL_TYPE, 1.0),
        )
        return
    layer = getattr(head, 'classifier', getattr(head, 'fc', None))
    if not isinstance(layer, torch.nn.Linear):
        raise InputError(
            f'{type(head).__name__} does not end in a linear layer called '
            'classifier or fc, so there is nothing to build a temperature '
            'into; use a MAPHead, a FusionHead or a LinearClsHead'
        )
    divide_outputs(layer, temperatures[CELL_TYPE])


def adjust(model: torch.nn.Module, cfg: Config, strength: float) -> None:
    """Make the MAP's rare values more likely."""
    if not isinstance(model.head, MAPHead):
        raise InputError(
            f'--logit-adjustment is for a MAP, whose head is a MAPHead, not a '
            f'{type(model.head).__name__}'
        )
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    model.head.adjust_logits(
        count_values(dataset, model.head.layout.sizes), strength
    )


def compare(
    title: str, predictions: dict, temperatures: dict
) -> tuple[Table, dict]:
    """Set the figures before and after side by side."""
    diagrams, rows = {}, {}
    for name, (scores, true) in predictions.items():
        # of a value that no validation cell knows there is none
        temperature = temperatures.get(name, 1.0)
        after = scale_temperature(scores, temperature)
        bins = {
            label: ReliabilityBins.from_scores(values, true)
            for label, values in (('before', scores), ('after', after))
        }
        diagrams[name] = bins
        rows[name] = (
            len(true),
            temperature,
            100 * (scores.argmax(1) == true).mean(),
            100 * bins['before'].error,
            100 * bins['after'].error,
            log_loss_bits(scores, true),
            log_loss_bits(after, true),
        )

    table = Table(
        'target',
        'cells',
        'temperature',
        'accuracy %',
        'ECE % before',
        'after',
        'bits before',
        'after',
        title=title,
    )
    attributes = [name for name in rows if name != CELL_TYPE]
    for name in attributes:
        add_row(table, name.replace('_', ' '), *rows[name])
    if attributes:
        table.add_section()
        columns = list(zip(*(rows[name] for name in attributes), strict=True))
        add_row(
            table,
            'attributes, mean',
            None,
            None,
            *(sum(column) / len(column) for column in columns[2:]),
        )
    if CELL_TYPE in rows:
        add_row(table, 'cell type', *rows[CELL_TYPE])
    return table, diagrams


def add_row(table: Table, name: str, *figures: float | None) -> None:
    table.add_row(
        name,
        *(
            '' if figure is None else form.format(figure)
            for form, figure in zip(FORMATS, figures, strict=True)
        ),
    )


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    figure = args.figure or args.out.with_suffix('.png')
    # Into a file or a pipe rich would squeeze the tables into 80 columns.
    console = Console(width=max(Console().width, 120))
    with one_sentence_errors() as status:
        check_out_file(figure)
        cfg = load_config(args.config, args.cfg_options)
        model, meta = load_trained(cfg, args.checkpoint, args.device)
        if args.logit_adjustment:
            adjust(model, cfg, args.logit_adjustment)
        predictions = predict(model, cfg.val_dataloader, meta, args.checkpoint)
        temperatures = {
            name: fit_temperature(*pair) for name, pair in predictions.items()
        }
        table, diagrams = compare(
            'validation part (fitted on it)', predictions, temperatures
        )
        console.print(table)
        if args.test:
            tested = predict(model, cfg.test_dataloader, meta, args.checkpoint)
            table, diagrams = compare('test part', tested, temperatures)
            console.print(table)

        build_in(model, temperatures)
        earlier = meta.get('temperatures', {})
        meta['temperatures'] = {
            name: value * earlier.get(name, 1.0)
            for name, value in temperatures.items()
        }
        if args.logit_adjustment:
            meta['logit_adjustment'] = args.logit_adjustment + meta.get(
                'logit_adjustment', 0.0
            )
        # Both were fitted to other probabilities.
        meta.pop(REVIEW, None)
        meta.pop(LABORATORIES, None)
        weights = weights_to_cpu(model.state_dict())
        save_checkpoint(args.out, dict(meta=meta, state_dict=weights))
        save_figure(plot_reliability(diagrams), figure, dpi=120)
    console.print(f'wrote {args.out} and {figure}', soft_wrap=True)
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
