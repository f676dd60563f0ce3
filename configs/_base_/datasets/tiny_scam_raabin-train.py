# The Train part of Raabin-WBC, five classes, in Chen et al.'s way, at 96 px.
_base_ = './cells_96.py'
num_classes = 5
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='RaabinWBC',
        data_root='{{$RAABIN_ROOT:data/Raabin-WBC}}',
        subsets=('Train',),
        split_file='{{$RAABIN_SPLIT_FILE:data/splits/raabin_train.csv}}',
    )
)
# Figure 4: as many images of every class.
train_dataloader = dict(
    val_dataloader, sampler=dict(_delete_=True, type='ClassBalancedSampler')
)
