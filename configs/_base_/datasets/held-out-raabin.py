# The slides of Raabin-WBC that daffnet-lite_laboratories was not trained on,
# but for two that show a smear again that it was: cells_laboratories.py.
#
# An environment variable moves the data: RAABIN_ROOT.
_base_ = './cells_laboratories.py'
test_dataloader = dict(
    dataset=dict(
        _base_.raabin,
        _delete_=True,
        slides=_base_.raabin_slides['test'],
        pipeline=_base_.test_pipeline,
    )
)
