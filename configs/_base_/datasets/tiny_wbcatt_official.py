# The same on WBCAtt's published split: a tenth of its training part selects
# the best epoch, and its validation part is the test. (Its test part is tested
# by `test_dataloader.dataset.split=test`.)
_base_ = './tiny_wbcatt.py'
official = dict(official_split=True, select_ratio=0.1)
train_dataloader = dict(dataset=official)
val_dataloader = dict(dataset=dict(split='select', **official))
test_dataloader = dict(dataset=dict(split='val', **official))
