# BCCD, four classes, 6:2:2 by source image (Sec. 3.1). Environment variables
# move the data: BCCD_ROOT (any of the releases, unzipped) and BCCD_SPLIT_FILE.
#
# In Kaggle's release the file names may not tell which images are copies of
# one field (see the dataset): with official_split=True, as Chen et al., the
# test part at least is clean.
#
# It has no basophils, and the other releases have two or three. Of Kaggle's
# 12,444 images, TEST_SIMPLE repeats the sources of TEST.
_base_ = './cells_224.py'
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
