# PBC's five white blood cell classes in Chen et al.'s way.
_base_ = './cells_scam.py'
classes = ('basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
num_classes = 5
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='PBC',
        data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
        classes=classes,
        split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    )
)
