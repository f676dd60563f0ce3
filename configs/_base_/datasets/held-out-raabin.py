# The slides of Raabin-WBC that daffnet-lite_laboratories was not trained on:
# the test part of the file that says so. Two of them, 95-8-12-4 and 95-9-4-4,
# are known by another name: they are of the smear of 95-5-10-1, which it was
# trained on (346 of 2,024 cells; without them it is 98.8 % right, too).
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
