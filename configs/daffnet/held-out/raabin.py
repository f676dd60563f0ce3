# The slides of Raabin-WBC that daffnet-lite_laboratories was not trained on:
# the test part of the file that says so.
#
# Environment variables move the data: RAABIN_ROOT, RAABIN_SPLIT_FILE.
_base_ = '../../_base_/datasets/cells_laboratories.py'
train_dataloader = None
val_dataloader = None
val_evaluator = None
test_dataloader = dict(
    dataset=dict(
        _base_.raabin,
        _delete_=True,
        split='test',
        pipeline=_base_.test_pipeline,
    )
)
