# Trained on Raabin-WBC, BCCD and JTSC, at most 500 cells a class of each, and
# tested on PBC: WBCAtt's published training part, whole.
_base_ = './cells_laboratories.py'
few = dict(type='StratifiedSubset', most=500)
train_dataloader = dict(
    dataset=dict(
        datasets=[
            dict(few, dataset=_base_.raabin),
            dict(few, dataset=_base_.bccd),
            dict(few, dataset=_base_.jtsc),
        ]
    )
)
# Of a laboratory that is known: whether the training went well.
val_dataloader = dict(
    dataset=dict(_base_.raabin, split='val', pipeline=_base_.test_pipeline)
)
test_dataloader = dict(
    dataset=dict(_base_.pbc, select_ratio=0.0, pipeline=_base_.test_pipeline)
)
