# Labelled (Bodzas et al.), nine classes, in Chen et al.'s way, at 96 px.
_base_ = './cells_96.py'
num_classes = 9
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LabelledWBC',
        data_root='{{$LABELLED_ROOT:data/Labelled}}',
        split_file='{{$LABELLED_SPLIT_FILE:data/splits/labelled.csv}}',
    )
)
# Figure 4: as many images of every class.
train_dataloader = dict(
    val_dataloader, sampler=dict(_delete_=True, type='ClassBalancedSampler')
)
