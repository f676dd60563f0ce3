# The slides of Raabin-WBC that daffnet-lite_laboratories was not trained on:
# the test part of the file that says so.
#
# Environment variables move the data: RAABIN_ROOT, RAABIN_SPLIT_FILE.
_base_ = './cells_laboratories.py'
test_dataloader = dict(
    dataset=dict(
        _base_.raabin,
        _delete_=True,
        split='test',
        pipeline=_base_.test_pipeline,
    )
)
