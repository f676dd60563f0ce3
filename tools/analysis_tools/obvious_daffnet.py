"""DAFFNet as one writes it down from the two papers, for comparison only.

Nothing here is tuned and nothing is wrong on purpose: torchvision's ResNet is
the frame, the pyramid squeeze attention goes branch by branch, as in the
public EPSANet code, each attribute has its own layers in a loop, and the
frozen predictor runs under ``no_grad``.
``benchmark.py`` measures the plugin's DAFFNet against it; both compute the
same function.
"""

import torch
import torch.nn as nn
from torchvision.models import ResNet, resnet50
from torchvision.models.resnet import Bottleneck
from torchvision.ops import Conv2dNormActivation

from daffnet_lite.structures.attributes import ATTRIBUTE_SIZES


class ObviousPSA(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(
                channels,
                channels // 4,
                kernel,
                stride=stride,
                padding=kernel // 2,
                groups=groups,
                bias=False,
            )
            for kernel, groups in ((3, 1), (5, 4), (7, 8), (9, 16))
        )
        squeezed = max(1, channels // 64)
        self.se = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels // 4, squeezed, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(squeezed, channels // 4, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        branches = [conv(x) for conv in self.convs]
        weights = [self.se(branch) for branch in branches]
        features = torch.stack(branches, dim=1)
        weights = torch.softmax(torch.stack(weights, dim=1), dim=1)
        weighted = features * weights
        out = weighted[:, 0]
        for i in range(1, 4):
            out = torch.cat([out, weighted[:, i]], dim=1)
        return out


class ObviousSpatialAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        mean = torch.mean(x, dim=1, keepdim=True)
        maximum, _ = torch.max(x, dim=1, keepdim=True)
        gate = self.sigmoid(self.conv(torch.cat([mean, maximum], dim=1)))
        return x * gate


class ObviousBottleneck(Bottleneck):
    def __init__(self, inplanes, planes, stride=1, *args, **kwargs):
        super().__init__(inplanes, planes, stride, *args, **kwargs)
        self.conv2 = ObviousPSA(planes, stride)
        self.bn3 = nn.Sequential(self.bn3, ObviousSpatialAttention())


class ObviousMAP(nn.Module):
    """ResNet50 to 1000 values, then eleven parallel layers."""

    def __init__(self):
        super().__init__()
        self.resnet = resnet50(weights=None, num_classes=1000)
        self.fcs = nn.ModuleList(nn.Linear(1000, n) for n in ATTRIBUTE_SIZES)

    def forward(self, x):
        x = self.resnet(x)
        return [torch.softmax(fc(x), dim=1) for fc in self.fcs]


class ObviousMAE(nn.Module):
    def __init__(self):
        super().__init__()
        count = len(ATTRIBUTE_SIZES)
        self.encoders = nn.ModuleList(
            nn.Sequential(
                nn.Linear(n, 10 * n), nn.Sigmoid(), nn.Linear(10 * n, count)
            )
            for n in ATTRIBUTE_SIZES
        )
        self.convs = nn.Sequential(
            Conv2dNormActivation(1, 8, 1, padding=0),
            Conv2dNormActivation(8, 64, 3, padding=0),
            Conv2dNormActivation(64, 128, 5, padding=0),
            nn.AdaptiveAvgPool2d(1),
        )

    def forward(self, probabilities):
        pairs = zip(self.encoders, probabilities, strict=True)
        rows = [encoder(probability) for encoder, probability in pairs]
        x = torch.stack(rows, dim=1).unsqueeze(1)
        return torch.flatten(self.convs(x), 1)


class ObviousDAFFNet(nn.Module):
    """The whole network of DAFFNet's Figure 1.

    Args:
        num_classes (int): Cell types. Defaults to 8.
    """

    def __init__(self, num_classes=8):
        super().__init__()
        self.backbone = ResNet(ObviousBottleneck, [3, 4, 6, 3])
        self.map = ObviousMAP()
        self.mae = ObviousMAE()
        self.decoder = nn.Linear(1000 + 128, num_classes)
        for parameter in self.map.parameters():
            parameter.requires_grad = False

    def train(self, mode=True):
        super().train(mode)
        self.map.eval()
        return self

    def forward(self, x):
        with torch.no_grad():
            probabilities = self.map(x)
        morphology = self.mae(probabilities)
        return self.decoder(torch.cat([self.backbone(x), morphology], dim=1))
