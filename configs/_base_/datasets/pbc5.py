# PBC's five white blood cell classes. PBC_ROOT and PBC_SPLIT_FILE move the
# data, as in pbc.py.
_base_ = './cells_224.py'
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
