"""Exports a ViT-B/16 or a BERT-base shaped model with random weights by PyTorch's new exporter: export.py NAME OUTPUT.

Shapes are those of the papers: Dosovitskiy et al. 2021, table 1, and Devlin et al. 2019, section 3.
"""
import os
import sys
import warnings

import torch
from torch import nn
from torch.nn import functional

WIDTH, HEADS, DEPTH = 768, 12, 12


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.output = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, mask=None):
        batch, tokens, _ = x.shape
        q, k, v = (
            each(x).view(batch, tokens, HEADS, WIDTH // HEADS).transpose(1, 2)
            for each in (self.query, self.key, self.value)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.output(mixed.transpose(1, 2).reshape(batch, tokens, WIDTH))


class Block(nn.Module):
    """Norms before each half as in the ViT, or after it as in BERT."""

    def __init__(self, before):
        super().__init__()
        self.before = before
        self.attention = Attention()
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))

    def forward(self, x, mask=None):
        first, second = self.norms
        if self.before:
            x = x + self.attention(first(x), mask)
            return x + self.mlp(second(x))
        x = first(x + self.attention(x, mask))
        return second(x + self.mlp(x))


class VisionTransformer(nn.Module):
    def __init__(self, patch=16, size=224, classes=1000):
        super().__init__()
        self.patch = nn.Conv2d(3, WIDTH, patch, patch)
        self.token = nn.Parameter(torch.randn(1, 1, WIDTH) * 0.02)
        self.position = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, WIDTH) * 0.02)
        self.blocks = nn.Sequential(*(Block(True) for _ in range(DEPTH)))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, classes)

    def forward(self, image):
        x = self.patch(image).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        return self.head(self.norm(self.blocks(x))[:, 0])


class Bert(nn.Module):
    def __init__(self, words=30522, positions=512, types=2):
        super().__init__()
        self.words, self.positions, self.types = (nn.Embedding(size, WIDTH) for size in (words, positions, types))
        self.norm = nn.LayerNorm(WIDTH)
        self.blocks = nn.ModuleList(Block(False) for _ in range(DEPTH))
        self.pooler = nn.Linear(WIDTH, WIDTH)

    def forward(self, input_ids, attention_mask, token_type_ids):
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        x = self.norm(self.words(input_ids) + self.positions(places) + self.types(token_type_ids))
        mask = attention_mask[:, None, None, :].bool()
        for block in self.blocks:
            x = block(x, mask)
        return x, torch.tanh(self.pooler(x[:, 0]))


def vit():
    batch = torch.export.Dim("batch", min=1, max=64)
    return VisionTransformer(), {"image": torch.randn(2, 3, 224, 224)}, {"image": {0: batch}}


def bert():
    batch, length = torch.export.Dim("batch", min=1, max=64), torch.export.Dim("length", min=2, max=512)
    ids = torch.randint(0, 30522, (2, 16))
    feeds = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    return Bert(), feeds, {name: {0: batch, 1: length} for name in feeds}


name, output = sys.argv[1:]
torch.manual_seed(0)
warnings.filterwarnings("ignore")
model, feeds, shapes = {"vit": vit, "bert": bert}[name]()
for each in model.modules():
    # What transformers are initialized with; the defaults of the layers let nothing through.
    if isinstance(each, (nn.Linear, nn.Embedding)):
        nn.init.normal_(each.weight, std=0.02)
program = torch.onnx.export(model.eval(), kwargs=feeds, dynamic_shapes=shapes, dynamo=True, verbose=False)
unfinished = output + ".making"
program.save(unfinished, external_data=False)
os.replace(unfinished, output)
