# Stage 2's data (Sec. 2.2.3, Fig. 4): WBCAtt with its true attributes, and the
# training parts of the paper's other five datasets, as in lisc.py and so on,
# with those that the MAP of stage 1 predicts. The variables that move the
# images and split files are theirs; PSEUDO_LABEL_DIR moves the label files.
_base_ = './cells_224.py'
num_classes = 5
val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='WBCAtt',
        data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
        ann_dir='{{$WBCATT_ROOT:data/wbcatt}}',
        split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    )
)

label_dir = '{{$PSEUDO_LABEL_DIR:data/pseudo_labels}}'
# The taxonomy of the auxiliary classifier. Finer types count as the coarser
# one (bands are neutrophils); cells of other types (blasts) teach attributes
# only.
taxonomy = ('basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='MixedDataset',
        classes=taxonomy,
        datasets=[
            dict(
                val_dataloader['dataset'],
                split='train',
                pipeline=_base_.train_pipeline,
            ),
            dict(
                type='PseudoLabelledDataset',
                classes=taxonomy,
                label_file=label_dir + '/lisc.json',
                dataset=dict(
                    type='LISC',
                    data_root='{{$LISC_ROOT:data/LISC}}',
                    split='train',
                    split_file='{{$LISC_SPLIT_FILE:data/splits/lisc.csv}}',
                    pipeline=_base_.train_pipeline,
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
                    pipeline=_base_.train_pipeline,
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
                    # It has no basophils.
                    classes=taxonomy[1:],
                    split='train',
                    split_file='{{$BCCD_SPLIT_FILE:data/splits/bccd.csv}}',
                    pipeline=_base_.train_pipeline,
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
                    pipeline=_base_.train_pipeline,
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
                    split_file=(
                        '{{$LABELLED_SPLIT_FILE:data/splits/labelled.csv}}'
                    ),
                    pipeline=_base_.train_pipeline,
                ),
            ),
        ],
    )
)
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
