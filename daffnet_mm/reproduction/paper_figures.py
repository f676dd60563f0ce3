"""What the papers report, for the tables that set our figures beside theirs.

DAFFNet's Tables 5 and 6 print the headers F1 and Spec the wrong way round:
every F1 that is consistent with its precision and recall stands under Spec.
Here each figure has its true name. All are in percent.
"""

from daffnet_mm.structures import WBC_ATTRIBUTES

#: Columns of the two tables below, as keys of ``MultiAttributeMetric``.
PAPER_COLUMNS = (
    'precision',
    'recall',
    'specificity',
    'f1',
    'accuracy',
    'auc_hard',
)

_TABLE_5 = (
    (81.19, 77.45, 82.37, 79.28, 79.93, 79.91),
    (97.11, 83.71, 99.32, 89.91, 95.97, 91.51),
    (81.75, 81.83, 95.95, 81.68, 81.83, 88.89),
    (91.60, 97.96, 98.79, 94.67, 98.69, 98.37),
    (73.43, 83.52, 97.07, 78.15, 95.87, 90.29),
    (93.48, 79.63, 99.53, 86.00, 97.96, 89.58),
    (89.17, 93.48, 97.14, 91.27, 96.40, 95.31),
    (92.60, 88.24, 97.77, 85.82, 88.24, 93.00),
    (68.55, 67.83, 88.97, 67.59, 67.83, 78.40),
    (73.06, 72.59, 89.41, 72.63, 72.59, 81.00),
    (99.24, 100.00, 99.74, 99.62, 99.81, 99.87),
)

#: Table 5: each attribute's figures, and their mean, of MAP trained by DSL
#: and SSL.
PAPER_TABLE_5 = {
    name: dict(zip(PAPER_COLUMNS, row, strict=True))
    for name, row in zip(WBC_ATTRIBUTES, _TABLE_5, strict=True)
}
PAPER_TABLE_5['overall'] = dict(
    zip(PAPER_COLUMNS, (85.56, 84.20, 95.10, 84.24, 88.65, 89.65), strict=True)
)

_STRATEGY_COLUMNS = (
    *PAPER_COLUMNS,
    'subset_accuracy',
    'hamming_loss',
    'jaccard',
)

#: Table 6: MAP's strategies. The first row is called self-supervised in
#: print, where the text means supervised. The Hamming loss is the one that
#: the accuracy implies by eq. (4); printed are 14.67, 11.87 and 10.41.
PAPER_TABLE_6 = {
    'plain': (79.80, 78.09, 92.41, 78.26, 84.00, 85.25, 26.43, 16.00, 70.41),
    'dsl': (83.11, 81.94, 94.29, 81.92, 87.05, 88.12, 29.54, 12.95, 76.09),
    'dsl-ssl': (85.56, 84.20, 95.10, 84.24, 88.65, 89.65, 35.37, 11.35, 80.05),
}
PAPER_TABLE_6 = {
    strategy: dict(zip(_STRATEGY_COLUMNS, row, strict=True))
    for strategy, row in PAPER_TABLE_6.items()
}

#: WBCAtt's own ResNet50 on its official test split (Tsutsui et al., NeurIPS
#: 2023).
WBCATT_BASELINE = dict(accuracy=94.09, f1_macro=91.27)

#: How often two annotators of WBCAtt agree, on each attribute, on the mean
#: attribute and on whole cells.
ANNOTATORS = dict(
    zip(
        WBC_ATTRIBUTES,
        (89.8, 95.8, 90.3, 97.6, 96.5, 98.6, 94.9, 95.4, 99.7, 98.7, 99.9),
        strict=True,
    )
)
ANNOTATORS.update(overall=96.1, subset_accuracy=63.7)
