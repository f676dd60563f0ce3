# Trained on PBC, BCCD and JTSC, at most 500 cells a class of each, and tested
# on Raabin-WBC's Train, whole.
_base_ = './cells_laboratories.py'
train_dataloader = dict(
    dataset=dict(
        datasets=[
            dict(_base_.few, dataset=_base_.pbc),
            dict(_base_.few, dataset=_base_.bccd),
            dict(_base_.few, dataset=_base_.jtsc),
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
    dataset=dict(
        _base_.raabin,
        _delete_=True,
        slides=None,
        pipeline=_base_.test_pipeline,
    )
)
