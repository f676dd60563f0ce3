# BCCD as Chen et al. take it: its own test part; the training part is split
# 3:1. The release comes augmented and balanced. The paper's 12,336 cells were
# cut from it by steps that it describes (Fig. 2) and parameters that it does
# not name; `daffnet crop` does it with ours, and
# BCCD_CUT_ROOT names the folder.
_base_ = './cells_scam.py'
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
    sampler=dict(_delete_=True, type='DefaultSampler', shuffle=True),
    dataset=dict(val_dataloader['dataset'], pipeline=_base_.test_pipeline),
)
