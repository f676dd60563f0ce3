# LISC, five classes, in Chen et al.'s way, cut by its masks, at 96 px.
_base_ = './cells_96.py'
num_classes = 5
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LISC',
        data_root='{{$LISC_CUT_ROOT:data/LISC_cut}}',
        cells='largest',
        split_file='{{$LISC_CUT_SPLIT_FILE:data/splits/lisc_cut.csv}}',
    )
)
# Figure 4: as many images of every class.
train_dataloader = dict(
    val_dataloader, sampler=dict(_delete_=True, type='ClassBalancedSampler')
)
