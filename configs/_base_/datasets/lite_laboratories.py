# Three laboratories at 128 px for EfficientNet-Lite0 on a CPU, all of their
# training cells: PBC with WBCAtt's attributes, Raabin-WBC and BCCD. A tenth of
# WBCAtt's published training part selects, and its validation part is the
# test, as in lite_wbcatt_official.py.
_base_ = './cells_laboratories.py'
train_dataloader = dict(
    dataset=dict(datasets=[_base_.pbc, _base_.raabin, _base_.bccd])
)
official = dict(_base_.pbc, _delete_=True, pipeline=_base_.test_pipeline)
val_dataloader = dict(dataset=dict(official, split='select'))
test_dataloader = dict(dataset=dict(official, split='val'))
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
