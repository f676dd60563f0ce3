# Table 4, row 1: ResNet50.
_base_ = ['../models/resnet50.py', './paper.py']
