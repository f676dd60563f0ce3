# Chen et al. 2022 on Raabin-WBC (Tables 11 and 12).
#
# Its own test part; the training part is split 3:1.
_base_ = ['../_base_/datasets/raabin.py', '../_base_/recipes/scam.py']
model = dict(head=dict(num_classes=5))
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=5)
train_dataloader = dict(
    batch_size=16,
    sampler=_base_.scam_sampler,
    dataset=dict(official_split=True, pipeline=_base_.scam_train_pipeline),
)
test = dict(official_split=True, pipeline=_base_.scam_test_pipeline)
val_dataloader = dict(dataset=test)
test_dataloader = dict(dataset=test)
