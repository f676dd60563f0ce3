# Stage 1 on WBCAtt's published split, for comparison with its baseline. Its
# test images are not those that stage 3 leaves out: do not build on it.
_base_ = './map_wbcatt.py'
train_dataloader = dict(dataset=dict(official_split=True))
val_dataloader = dict(dataset=dict(official_split=True))
test_dataloader = dict(dataset=dict(official_split=True))
