# BCCD, four classes, at 96 px, for small models on a CPU.
_base_ = './cells_96.py'
classes = ('eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
num_classes = 4
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='BCCD',
        data_root='{{$BCCD_ROOT:data/dataset2-master}}',
        subsets=('TRAIN', 'TEST'),
        classes=classes,
        split_file='{{$BCCD_SPLIT_FILE:data/splits/bccd.csv}}',
    )
)
