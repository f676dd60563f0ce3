# WBCAtt's published split at 128 px, for EfficientNet-Lite0 on a CPU: a tenth
# of its training part selects the best epoch, and its validation part is the
# test.
_base_ = './lite_wbcatt.py'
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(official_split=True, select_ratio=0.1)
)
val_dataloader = dict(dataset=dict(split='select'))
test_dataloader = dict(dataset=dict(split='val'))
