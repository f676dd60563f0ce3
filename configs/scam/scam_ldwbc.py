# Chen et al. 2022 on LDWBC (Tables 4 to 10 and 12).
_base_ = ['../_base_/datasets/ldwbc.py', '../_base_/recipes/scam.py']
model = dict(head=dict(num_classes=5))
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=5)
train_dataloader = dict(
    batch_size=16,
    sampler=_base_.scam_sampler,
    dataset=dict(pipeline=_base_.scam_train_pipeline),
)
val_dataloader = dict(dataset=dict(pipeline=_base_.scam_test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.scam_test_pipeline))
