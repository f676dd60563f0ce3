"""DAFFNet as one writes it down from the two papers, for comparison only.

Nothing here is tuned and nothing is wrong on purpose: the pyramid squeeze
attention goes branch by branch, as in the public EPSANet code, each attribute
has its own layers in a loop, and the frozen predictor runs under ``no_grad``.
``benchmark.py`` measures the plugin's DAFFNet against it; both compute the
same function.
"""

import torch
import torch.nn as nn
from torchvision.models import resnet50

from daffnet_mm.structures.attributes import ATTRIBUTE_SIZES


class ObviousSEWeight(nn.Module):
    def __init__(self, channels, reduction=16):
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, max(1, channels // reduction), 1)
        self.relu = nn.ReLU(inplace=True)
        self.fc2 = nn.Conv2d(max(1, channels // reduction), channels, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        out = self.avg_pool(x)
        out = self.relu(self.fc1(out))
        return self.sigmoid(self.fc2(out))


class ObviousPSA(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.channels = channels // 4
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
        self.se = ObviousSEWeight(channels // 4)

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


class ObviousBottleneck(nn.Module):
    def __init__(self, in_channels, width, stride):
        super().__init__()
        out_channels = width * 4
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.psa = ObviousPSA(width, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.attention = ObviousSpatialAttention()
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(
                    in_channels, out_channels, 1, stride=stride, bias=False
                ),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.psa(out)))
        out = self.bn3(self.conv3(out))
        out = self.attention(out)
        out += identity
        return self.relu(out)


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
        layers, channels = [], 1
        for kernel, out_channels in ((1, 8), (3, 64), (5, 128)):
            layers += [
                nn.Conv2d(channels, out_channels, kernel, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(inplace=True),
            ]
            channels = out_channels
        self.convs = nn.Sequential(*layers)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, probabilities):
        rows = []
        for encoder, probability in zip(
            self.encoders, probabilities, strict=True
        ):
            rows.append(encoder(probability))
        x = torch.stack(rows, dim=1).unsqueeze(1)
        return torch.flatten(self.avg_pool(self.convs(x)), 1)


class ObviousDAFFNet(nn.Module):
    """The whole network of DAFFNet's Figure 1.

    Args:
        num_classes (int): Cell types. Defaults to 8.
    """

    def __init__(self, num_classes=8):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        channels, blocks = 64, []
        for width, count in ((64, 3), (128, 4), (256, 6), (512, 3)):
            for i in range(count):
                stride = 2 if i == 0 and width > 64 else 1
                blocks.append(ObviousBottleneck(channels, width, stride))
                channels = width * 4
        self.blocks = nn.Sequential(*blocks)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2048, 1000)
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
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = torch.flatten(self.avg_pool(self.blocks(x)), 1)
        x = self.fc(x)
        return self.decoder(torch.cat([x, morphology], dim=1))
