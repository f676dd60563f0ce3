"""The declared experiments: each table of both papers, or one of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from daffnet_mm.errors import InputError
from daffnet_mm.structures import (
    PBC8_CLASSES,
    WBC5_CLASSES,
    WBC_ATTRIBUTES,
)

from .methods import DATASETS, MAP_METHODS
from .published import PublishedRow, load_published

#: Titles of the metrics. DAFFNet's AUC is (recall + specificity) / 2 on hard
#: predictions; the area that readers expect stands beside it.
METRICS = {
    'accuracy': 'Acc',
    'precision': 'Prec',
    'recall': 'Rec',
    'f1': 'F1',
    'specificity': 'Spec',
    'auc_hard': "AUC (paper's)",
    'auc': 'ROC AUC',
    'precision_macro': 'AP',
    'recall_macro': 'AR',
    'f1_macro': 'AF1',
}
ATTRIBUTE_METRICS = {
    **{
        key: METRICS[key]
        for key in (
            'precision',
            'recall',
            'specificity',
            'f1',
            'accuracy',
            'auc_hard',
        )
    },
    'f1_macro': 'macro F1',
    'subset_accuracy': 'SAcc',
    'hamming_loss': 'HL',
    'jaccard': 'JS',
}
_OF_A_CLASS = {
    'precision': 'Prec',
    'recall': 'Rec',
    'f1': 'F1',
    'specificity': 'Spec',
}

#: Strategies that train a MAP, in the order of DAFFNet's Table 6.
_STRATEGIES = {
    'supervised': 'map/plain',
    'deep-supervised': 'map/dsl',
    'deep- and semi-supervised': 'map/dsl-ssl',
}
#: The method of each row that can be trained, by the paper's name.
_DAFFNET = {
    **_STRATEGIES,
    'ResNet50': 'resnet50',
    'ResNet50+EPSA': 'epsa',
    'ResNet50+EPSA+SA': 'epsa-sa',
    'ResNet50+EPSA+SA+MAP': 'epsa-sa-map',
    'ResNet50+EPSA+SA+MAP+MAE': 'daffnet',
    'DAFFNet': 'daffnet',
    # Its figures are those of Chen et al.'s CAM.
    'Chen, H. (2022)': 'scam/cam',
}
_CHEN = {
    'alpha 0.0': 'scam/alpha-0.0',
    'alpha 0.2': 'scam',
    'alpha 0.4': 'scam/alpha-0.4',
    'alpha 0.6': 'scam/alpha-0.6',
    'alpha 0.8': 'scam/alpha-0.8',
    'alpha 1.0': 'scam/alpha-1.0',
    'no attention': 'scam/no-attention',
    'SE': 'scam/se',
    'ECA': 'scam/eca',
    'CAM': 'scam/cam',
    'SAM': 'scam/sam',
    'CAM // SAM': 'scam/cam-sam-parallel',
    'CSAM': 'scam/csam',
    'SCAM': 'scam',
    'ResNet + SCAM': 'scam/resnet-only',
    'DenseNet + SCAM': 'scam/densenet-only',
    'ResNet + DenseNet + SCAM': 'scam',
    'ImageNet weights in ResNet': 'scam/tl-resnet',
    'ImageNet weights in DenseNet': 'scam/tl-densenet',
    'no ImageNet weights': 'scam/tl-none',
    'ImageNet weights in both': 'scam',
    'ResNet': 'scam/peer/resnet50',
    'DenseNet': 'scam/peer/densenet121',
    'Inception v3': 'scam/peer/inception-v3',
    'SCAM network': 'scam',
    'ResNet, raw': 'scam/peer/resnet50_raw',
    'ResNet, mixup': 'scam/peer/resnet50',
    'DenseNet, raw': 'scam/peer/densenet121_raw',
    'DenseNet, mixup': 'scam/peer/densenet121',
    'Inception v3, raw': 'scam/peer/inception-v3_raw',
    'Inception v3, mixup': 'scam/peer/inception-v3',
    'SCAM network, raw': 'scam/alpha-0.0',
    'SCAM network, mixup': 'scam',
}
#: Networks that are trained beside those of the papers.
_FURTHER = {
    'daffnet_table3': {
        'ResNet50': 'peer/resnet50',
        'DenseNet121': 'peer/densenet121',
        'Inception v3': 'peer/inception-v3',
        'VGG19': 'peer/vgg19',
        'ViT-B/16': 'peer/vit-base',
    },
    'chen_table10': {
        'VGG19, raw': 'scam/peer/vgg19_raw',
        'VGG19, mixup': 'scam/peer/vgg19',
        'ViT-B/16, raw': 'scam/peer/vit-base_raw',
        'ViT-B/16, mixup': 'scam/peer/vit-base',
    },
    **{
        table: {
            'VGG19': 'scam/peer/vgg19',
            'ViT-B/16': 'scam/peer/vit-base',
        }
        for table in ('chen_table11', 'chen_table12')
    },
}
#: Every table of the papers, and its title.
TITLES = {
    'daffnet_table2': 'DAFFNet, Table 2: DAFFNet on six datasets',
    'daffnet_table3': 'DAFFNet, Table 3: against other methods',
    'daffnet_table4': 'DAFFNet, Table 4: ablation',
    'daffnet_table5': 'DAFFNet, Table 5: attributes',
    'daffnet_table6': 'DAFFNet, Table 6: training strategies of MAP',
    'daffnet_supplementary_table3': 'DAFFNet, Supplementary Table 3: '
    'attributes and training strategies',
    'chen_table4': 'Chen et al. 2022, Table 4: mixup',
    'chen_table5': 'Chen et al. 2022, Table 5: attention',
    'chen_table6': 'Chen et al. 2022, Table 6: attention, recall by class',
    'chen_table7': 'Chen et al. 2022, Table 7: branches',
    'chen_table8': 'Chen et al. 2022, Table 8: ImageNet weights',
    'chen_table9': 'Chen et al. 2022, Table 9: ImageNet weights, recall by '
    'class',
    'chen_table10': 'Chen et al. 2022, Table 10: other networks, raw and '
    'mixup',
    'chen_table11': 'Chen et al. 2022, Table 11: other networks on other '
    'datasets',
    'chen_table12': 'Chen et al. 2022, Table 12: other networks, recall by '
    'class',
}


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        label (str): Its name.
        method (str, optional): What is trained for it; None where it is known
            by its published figures alone.
        published (dict[str, float]): The paper's figures, in percent.
        note (str): What a reader has to know of the paper's figures, or ''.
        attribute (str, optional): The attribute that the row is about.
    """

    label: str
    method: str | None
    published: dict[str, float] = field(default_factory=dict)
    note: str = ''
    attribute: str | None = None

    def key(self, column: str) -> str:
        """The metric that the row shows in a column."""
        if self.attribute is None:
            return column
        prefix, _, name = column.partition('/')
        return f'{prefix}/{self.attribute}/{name}'


@dataclass(frozen=True)
class Section:
    """The rows of a table on one dataset.

    Attributes:
        dataset (str): On what ours are trained and tested.
        published_on (str, optional): On what the paper's are.
        rows (tuple[Row]): The rows.
    """

    dataset: str
    published_on: str | None
    rows: tuple[Row, ...]

    @property
    def methods(self) -> list[str]:
        """What is trained, each once."""
        return list(dict.fromkeys(r.method for r in self.rows if r.method))


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name (str): Names its files.
        title (str): Its title.
        columns (dict[str, str]): Title by metric key.
        sections (tuple[Section]): The datasets.
    """

    name: str
    title: str
    columns: dict[str, str]
    sections: tuple[Section, ...]


def paper_table(
    name: str,
    datasets: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
) -> Table:
    """Declare a table of one of the papers.

    Args:
        name (str): A key of :data:`TITLES`.
        datasets (Sequence[str], optional): On what to train. A dataset that
            the paper's table has not gets the rows, and for comparison the
            figures, of the table's first one. Defaults to None: the paper's.
        metrics (Sequence[str], optional): Keys of the columns. Defaults to
            None: the paper's.

    Returns:
        Table: The table.

    Raises:
        InputError: If table, dataset or metric are unknown.
    """
    if name not in TITLES:
        raise InputError(
            f'there is no table {name!r}; there are {", ".join(TITLES)}'
        )
    # The supplement is not at hand; Table 5 has its last strategy's figures.
    found = load_published(name.replace('supplementary_table3', 'table5'))
    if name == 'daffnet_table6':
        cited = _of_wbcatt()
        found += [cited["WBCAtt's ResNet50"], cited['overall, two annotators']]
    ours = {paper: key for key, paper in reversed(DATASETS.items()) if paper}
    of_paper = list(dict.fromkeys(row.dataset for row in found))
    sections = []
    for dataset in datasets or [ours[paper] for paper in of_paper]:
        if dataset not in DATASETS:
            raise InputError(
                f'there is no dataset {dataset!r}; there are '
                f'{", ".join(DATASETS)}'
            )
        paper = DATASETS[dataset]
        if paper not in of_paper:
            paper = of_paper[0]
        own = [row for row in found if row.dataset == paper]
        if name == 'daffnet_table5':
            rows = _attribute_rows(own, ['deep- and semi-supervised'])
        elif name == 'daffnet_supplementary_table3':
            rows = _attribute_rows(own, list(_STRATEGIES))
        else:
            rows = _method_rows(own, name)
        sections.append(Section(dataset, paper, tuple(rows)))
    columns = _columns(metrics or _of_paper(name, found))
    return Table(name, TITLES[name], columns, tuple(sections))


def _of_wbcatt() -> dict[str, PublishedRow]:
    """What WBCAtt's own paper has to compare with, by name."""
    return {row.method: row for row in load_published('wbcatt')}


def _row(published: PublishedRow, method: str | None) -> Row:
    label = published.method.replace('_', ' ')
    return Row(label, method, published.figures, published.note)


def _method_rows(found: Sequence[PublishedRow], name: str) -> list[Row]:
    """A row a method: the paper's, and those that we train besides."""
    known = _DAFFNET if name.startswith('daffnet') else _CHEN
    rows = [
        _row(row, None if row.origin == 'cited' else known[row.method])
        for row in found
    ]
    # They stand before the paper's own network.
    own = [row.origin for row in found].index('proposed')
    rows[own:own] = [
        Row(label, method) for label, method in _FURTHER.get(name, {}).items()
    ]
    return rows


def _attribute_rows(
    found: Sequence[PublishedRow], strategies: Sequence[str]
) -> list[Row]:
    """Of each attribute a row a strategy, and how far annotators agree."""
    overall = {row.method: row for row in load_published('daffnet_table6')}
    agreement = _of_wbcatt()
    rows = []
    for row in found:
        attribute = row.method if row.method in WBC_ATTRIBUTES else None
        for strategy in strategies:
            printed = row if attribute else overall[strategy]
            own = _row(printed, _STRATEGIES[strategy])
            if strategy != strategies[-1] and attribute:
                own = replace(own, published={}, note='')
            label = row.method.replace('_', ' ')
            if len(strategies) > 1:
                label += f', {strategy}'
            rows.append(replace(own, label=label, attribute=attribute))
        rows.append(_row(agreement[f'{row.method}, two annotators'], None))
    return rows


def own_table(
    datasets: Sequence[str],
    methods: Sequence[str],
    metrics: Sequence[str] | None = None,
) -> Table:
    """Declare a table of one's own.

    Args:
        datasets (Sequence[str]): The datasets.
        methods (Sequence[str]): The methods.
        metrics (Sequence[str], optional): Keys of the columns. Defaults to
            None: both papers' averages.

    Returns:
        Table: The table.

    Raises:
        InputError: If a metric is unknown.
    """
    if metrics is None:
        metrics = [f'wbc/{key}' for key in METRICS]
        if all(method in MAP_METHODS for method in methods):
            metrics = [f'attr/{key}' for key in ATTRIBUTE_METRICS]
            metrics.append('wbc/accuracy')
    rows = tuple(Row(method, method) for method in dict.fromkeys(methods))
    sections = tuple(Section(d, None, rows) for d in dict.fromkeys(datasets))
    return Table('matrix', 'Methods and datasets', _columns(metrics), sections)


def known_metrics() -> dict[str, str]:
    """Every metric that can be a column.

    Returns:
        dict[str, str]: Its title by its key.
    """
    classes = dict.fromkeys((*WBC5_CLASSES, *PBC8_CLASSES))
    return {
        **{f'wbc/{key}': title for key, title in METRICS.items()},
        **{
            f'wbc/{name}/{key}': f'{name} {title}'
            for name in classes
            for key, title in _OF_A_CLASS.items()
        },
        **{f'attr/{key}': title for key, title in ATTRIBUTE_METRICS.items()},
    }


def _of_paper(name: str, found: Sequence[PublishedRow]) -> list[str]:
    """The columns of a paper's table, in its order."""
    keys = list(dict.fromkeys(key for row in found for key in row.figures))
    keys = [key for key in keys if not key.endswith(' implied')]
    if 'wbc/auc_hard' in keys:
        keys.append('wbc/auc')
    if 'attr/auc_hard' in keys:
        # WBCAtt's own figure.
        keys = [*dict.fromkeys((*keys, 'attr/f1_macro'))]
    if name == 'daffnet_table6':
        # Of the auxiliary classifier.
        keys.append('wbc/accuracy')
    return keys


def _columns(keys: Sequence[str]) -> dict[str, str]:
    known = known_metrics()
    for key in keys:
        if key not in known:
            raise InputError(
                f'there is no metric {key!r}; there are '
                f'{", ".join(k for k in known if k.count("/") == 1)}, and of '
                'each class such as wbc/basophil/recall'
            )
    titles = {key: known[key] for key in keys}
    # Recall by class: the table's title says of what.
    if all(key.count('/') == 2 and key.endswith('/recall') for key in keys):
        return {key: key.split('/')[1] for key in keys}
    if any(key.startswith('attr/') for key in keys):
        titles.update(
            (key, f'cell type {title}')
            for key, title in titles.items()
            if key.startswith('wbc/')
        )
    return titles
