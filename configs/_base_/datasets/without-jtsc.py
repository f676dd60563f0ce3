# Trained on PBC, Raabin-WBC and BCCD, at most 500 cells a class of each, and
# tested on JTSC, whole.
_base_ = './cells_laboratories.py'
train_dataloader = dict(
    dataset=dict(
        datasets=[
            dict(_base_.few, dataset=_base_.pbc),
            dict(_base_.few, dataset=_base_.raabin),
            dict(_base_.few, dataset=_base_.bccd),
        ]
    )
)
# Of a laboratory that is known: whether the training went well.
val_dataloader = dict(
    dataset=dict(
        _base_.pbc,
        _delete_=True,
        split='select',
        pipeline=_base_.test_pipeline,
    )
)
test_dataloader = dict(
    dataset=dict(_base_.jtsc, _delete_=True, pipeline=_base_.test_pipeline)
)
