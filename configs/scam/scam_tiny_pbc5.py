# The network for CPUs, on PBC's five white blood cell classes at 96 px. The
# ablations take it with WBC_DATASET=tiny_pbc5; those of Tables 8 and 9 are
# this one then, which has no ImageNet weights.
_base_ = [
    '../_base_/datasets/tiny_pbc5.py',
    '../_base_/models/dual_res_densenet_tiny.py',
    '../_base_/schedules/tiny_12e.py',
    '../_base_/recipes/tiny.py',
]
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=5)
train_dataloader = dict(
    sampler=dict(_delete_=True, type='ClassBalancedSampler')
)
