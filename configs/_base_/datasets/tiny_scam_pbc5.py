# PBC's five white blood cell classes, in Chen et al.'s way, at 96 px.
_base_ = './cells_96.py'
classes = ('basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
num_classes = 5
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='PBC',
        data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
        classes=classes,
        split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    )
)
# Figure 4: as many images of every class.
train_dataloader = dict(
    val_dataloader, sampler=dict(_delete_=True, type='ClassBalancedSampler')
)
