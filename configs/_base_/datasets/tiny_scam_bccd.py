# BCCD, four classes, in Chen et al.'s way, cut to its cells, at 96 px.
_base_ = './cells_96.py'
classes = ('eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
num_classes = 4
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='BCCD',
        data_root='{{$BCCD_CUT_ROOT:data/BCCD_cut}}',
        subsets=('TRAIN', 'TEST'),
        classes=classes,
        cells='largest',
        split_file='{{$BCCD_CUT_SPLIT_FILE:data/splits/bccd_cut.csv}}',
        official_split=True,
    )
)
# Its copies are turned and flipped already: the paper augments the others.
train_dataloader = dict(
    dataset=dict(val_dataloader['dataset'], pipeline=_base_.test_pipeline)
)
