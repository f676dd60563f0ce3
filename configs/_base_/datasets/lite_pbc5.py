# PBC's five white blood cell classes at 128 px, for EfficientNet-Lite0 on a
# CPU.
_base_ = './cells_128.py'
classes = ('basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='PBC',
        data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
        classes=classes,
        split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    )
)
