# Trained on PBC, Raabin-WBC and BCCD, at most 500 cells a class of each, and
# tested on JTSC, whole.
_base_ = './cells_laboratories.py'
few = dict(type='StratifiedSubset', most=500)
train_dataloader = dict(
    dataset=dict(
        datasets=[
            dict(few, dataset=_base_.pbc),
            dict(few, dataset=_base_.raabin),
            dict(few, dataset=_base_.bccd),
        ]
    )
)
# Of a laboratory that is known: whether the training went well.
val_dataloader = dict(
    dataset=dict(_base_.pbc, split='select', pipeline=_base_.test_pipeline)
)
test_dataloader = dict(
    dataset=dict(_base_.jtsc, pipeline=_base_.test_pipeline)
)
