"""The declared experiments: each table of both papers, or one of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from daffnet_lite.errors import InputError
from daffnet_lite.structures import PBC8_CLASSES, WBC5_CLASSES, WBC_ATTRIBUTES

from .methods import DATASETS, MAP_METHODS
from .published import TITLES, PublishedRow, load_published

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
_OF_A_CLASS = ('precision', 'recall', 'f1', 'specificity')
ATTRIBUTE_METRICS = {
    **{key: METRICS[key] for key in (*_OF_A_CLASS, 'accuracy', 'auc_hard')},
    'f1_macro': 'macro F1',
    'subset_accuracy': 'SAcc',
    'hamming_loss': 'HL',
    'jaccard': 'JS',
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
        name (str): One of ``titles.csv``.
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
        strategies = load_published('daffnet_table6')
        if name == 'daffnet_table5':
            rows = _attribute_rows(own, strategies[-1:])
        elif name == 'daffnet_supplementary_table3':
            rows = _attribute_rows(own, strategies)
        else:
            rows = _method_rows(own, name)
        sections.append(Section(dataset, paper, tuple(rows)))
    columns = _columns(metrics or _of_paper(name, found))
    return Table(name, TITLES[name], columns, tuple(sections))


def _of_wbcatt() -> dict[str, PublishedRow]:
    """What WBCAtt's own paper has to compare with, by name."""
    return {row.method: row for row in load_published('wbcatt')}


def _row(published: PublishedRow) -> Row:
    label = published.method.replace('_', ' ')
    return Row(label, published.trained, published.figures, published.note)


def _method_rows(found: Sequence[PublishedRow], name: str) -> list[Row]:
    """A row a method: the paper's, and those that we train besides."""
    rows = [_row(row) for row in found]
    # They stand before the paper's own network.
    own = [row.origin for row in found].index('proposed')
    rows[own:own] = [
        Row(label, method) for label, method in _FURTHER.get(name, {}).items()
    ]
    return rows


def _attribute_rows(
    found: Sequence[PublishedRow], strategies: Sequence[PublishedRow]
) -> list[Row]:
    """Of each attribute a row a strategy, and how far annotators agree."""
    agreement = _of_wbcatt()
    rows = []
    for row in found:
        attribute = row.method if row.method in WBC_ATTRIBUTES else None
        label = row.method.replace('_', ' ')
        for strategy in strategies:
            own = _row(row if attribute else strategy)
            if strategy is not strategies[-1] and attribute:
                own = Row(label, strategy.trained)
            name = label
            if len(strategies) > 1:
                name += f', {strategy.method}'
            rows.append(replace(own, label=name, attribute=attribute))
        rows.append(_row(agreement[f'{row.method}, two annotators']))
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
            f'wbc/{name}/{key}': f'{name} {METRICS[key]}'
            for name in classes
            for key in _OF_A_CLASS
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
