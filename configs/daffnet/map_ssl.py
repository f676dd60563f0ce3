# Stage 2: MAP anew on true and pseudo attributes together (Sec. 2.2.3, Fig.
# 4): WBCAtt, and the training parts of the paper's other five datasets, which
# the MAP of stage 1 labels first:
#
#   python tools/pseudo_label.py configs/daffnet/map_ssl.py \
#       work_dirs/map_wbcatt/best.pth
#
# Or all three steps by one command:
#
#   python tools/train_map.py configs/daffnet/map_wbcatt.py \
#       configs/daffnet/map_ssl.py
#
# Further laboratories are appended to `pseudo_labelled`, and those that are
# not at hand are left out, in a config of one's own (see the README).
_base_ = './map_wbcatt.py'

# The taxonomy of the auxiliary classifier. Finer types count as the coarser
# one (bands are neutrophils); cells of other types (blasts) teach attributes
# only.
taxonomy = ('basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
# PSEUDO_LABEL_DIR moves the label files.
label_dir = '{{$PSEUDO_LABEL_DIR:data/pseudo_labels}}'
pipeline = _base_.train_pipeline

# The training parts of configs/_base_/datasets/*.py.
pseudo_labelled = [
    dict(
        type='PseudoLabelledDataset',
        classes=taxonomy,
        label_file=label_dir + '/lisc.json',
        dataset=dict(
            type='LISC',
            data_root='{{$LISC_ROOT:data/LISC}}',
            split='train',
            split_file='{{$LISC_SPLIT_FILE:data/splits/lisc.csv}}',
            pipeline=pipeline,
        ),
    ),
    dict(
        type='PseudoLabelledDataset',
        classes=taxonomy,
        label_file=label_dir + '/raabin.json',
        dataset=dict(
            type='RaabinWBC',
            data_root='{{$RAABIN_ROOT:data/Raabin-WBC}}',
            subsets=('Train', 'TestA'),
            split='train',
            split_file='{{$RAABIN_SPLIT_FILE:data/splits/raabin.csv}}',
            pipeline=pipeline,
        ),
    ),
    dict(
        type='PseudoLabelledDataset',
        classes=taxonomy,
        label_file=label_dir + '/bccd.json',
        dataset=dict(
            type='BCCD',
            data_root='{{$BCCD_ROOT:data/dataset2-master}}',
            subsets=('TRAIN', 'TEST'),
            classes=('eosinophil', 'lymphocyte', 'monocyte', 'neutrophil'),
            split='train',
            split_file='{{$BCCD_SPLIT_FILE:data/splits/bccd.csv}}',
            pipeline=pipeline,
        ),
    ),
    dict(
        type='PseudoLabelledDataset',
        classes=taxonomy,
        label_file=label_dir + '/ldwbc.json',
        dataset=dict(
            type='LDWBC',
            data_root='{{$LDWBC_ROOT:data/LDWBC}}',
            split='train',
            split_file='{{$LDWBC_SPLIT_FILE:data/splits/ldwbc.csv}}',
            pipeline=pipeline,
        ),
    ),
    dict(
        type='PseudoLabelledDataset',
        classes=taxonomy,
        label_file=label_dir + '/labelled.json',
        dataset=dict(
            type='LabelledWBC',
            data_root='{{$LABELLED_ROOT:data/Labelled}}',
            split='train',
            split_file='{{$LABELLED_SPLIT_FILE:data/splits/labelled.csv}}',
            pipeline=pipeline,
        ),
    ),
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='MixedDataset',
        classes=taxonomy,
        datasets=[_base_.train_dataloader.dataset, *pseudo_labelled],
    )
)
