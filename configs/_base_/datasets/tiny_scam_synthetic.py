# Painted cells in Chen et al.'s way.
_base_ = './tiny_synthetic.py'
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=5)
# Figure 4: as many images of every class.
train_dataloader = dict(
    sampler=dict(_delete_=True, type='ClassBalancedSampler')
)
