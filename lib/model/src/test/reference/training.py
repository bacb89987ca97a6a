# SPDX-License-Identifier: Apache-2.0
"""Training steps of LLaVA and of mPLUG-Owl with BLOOMZ, in numpy alone and without a line of backpropagation.

The models were written from their formulas, without looking at the engine. Gradients are central differences in float64, one
learnt number at a time, so that nothing of how an engine finds them is shared; then AdamW is applied as published. Features
and visual tokens are those of the folder's golden values, with whose logits this computation agrees within 7e-5.

    python3 training.py RESOURCES OUT     writes OUT/NAME.json and OUT/NAME.safetensors; takes some minutes
"""
import math
import os
import sys

import numpy as np

from reference import read_checkpoint, read_json, read_safetensors, sigmoid, softmax, write_json, write_safetensors

STEPS, RATE, BETAS, EPSILON, DECAY, CLIP = 3, 1e-3, (0.9, 0.98), 1e-6, 0.1, 1.0
NUDGE = 1e-5
BASE = 'base_model.model.'


def erf(x):
    return np.vectorize(math.erf)(x)


class Model:
    """Weights by the checkpoint's names, with what learns laid over them."""

    def __init__(self, weights, eps):
        self.w, self.eps, self.lora, self.scale = weights, eps, {}, 0.0

    def add_lora(self, folder):
        config = read_json(os.path.join(folder, 'adapter_config.json'))
        self.scale = config['lora_alpha'] / config['r']
        for name, value in read_safetensors(os.path.join(folder, 'adapter_model.safetensors')).items():
            self.lora[name] = value.astype(np.float64)

    def linear(self, x, name):
        y = x @ self.w[name + '.weight'].T
        if name + '.bias' in self.w:
            y = y + self.w[name + '.bias']
        a = self.lora.get(f'{BASE}{name}.lora_A.weight')
        if a is not None:
            y = y + self.scale * (x @ a.T) @ self.lora[f'{BASE}{name}.lora_B.weight'].T
        return y


class Llava(Model):
    heads, head, theta = 4, 16, 10000.0
    embeddings = 'model.language_model.embed_tokens.weight'

    def visual(self, features):
        h = self.linear(features, 'model.multi_modal_projector.linear_1')
        return self.linear(0.5 * h * (1 + erf(h / math.sqrt(2))), 'model.multi_modal_projector.linear_2')

    def embedded(self, ids):
        return self.w[self.embeddings][ids]

    def rms(self, x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps) * self.w[name + '.weight']

    def logits(self, x):
        count = len(x)
        angle = np.arange(count)[:, None] * self.theta ** (-np.arange(0, self.head, 2) / self.head)[None]
        cos, sin = np.cos(angle), np.sin(angle)
        later = np.triu(np.ones((count, count), bool), 1)

        def split(t):
            return t.reshape(count, self.heads, self.head).transpose(1, 0, 2)

        def rotate(t):
            a, b = np.split(t, 2, -1)
            return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)
        layer = 0
        while f'model.language_model.layers.{layer}.input_layernorm.weight' in self.w:
            p = f'model.language_model.layers.{layer}.'
            h = self.rms(x, p + 'input_layernorm')
            q, k, v = (split(self.linear(h, p + f'self_attn.{n}_proj')) for n in 'qkv')
            scores = rotate(q) @ rotate(k).transpose(0, 2, 1) / math.sqrt(self.head)
            mixed = softmax(np.where(later, -np.inf, scores)) @ v
            x = x + self.linear(mixed.transpose(1, 0, 2).reshape(count, -1), p + 'self_attn.o_proj')
            h = self.rms(x, p + 'post_attention_layernorm')
            g = self.linear(h, p + 'mlp.gate_proj')
            x = x + self.linear(g * sigmoid(g) * self.linear(h, p + 'mlp.up_proj'), p + 'mlp.down_proj')
            layer += 1
        return self.rms(x, 'model.language_model.norm') @ self.w['lm_head.weight'].T


class Bloom(Model):
    heads = 6
    top = 'language_model.transformer.'
    slopes = (2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8, 2 ** -1, 2 ** -3)

    def visual(self, tokens):
        return tokens

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps)
        return x * self.w[name + '.weight'] + self.w[name + '.bias']

    def embedded(self, ids):
        return self.norm(self.w[self.top + 'word_embeddings.weight'][ids], self.top + 'word_embeddings_layernorm')

    def logits(self, x):
        count, width = x.shape
        head = width // self.heads
        later = np.triu(np.ones((count, count), bool), 1)
        bias = np.array(self.slopes)[:, None, None] * np.arange(count)[None, None]
        layer = 0
        while f'{self.top}h.{layer}.input_layernorm.weight' in self.w:
            p = f'{self.top}h.{layer}.'
            fused = self.linear(self.norm(x, p + 'input_layernorm'), p + 'self_attention.query_key_value')
            q, k, v = fused.reshape(count, self.heads, 3, head).transpose(2, 1, 0, 3)
            scores = q @ k.transpose(0, 2, 1) / math.sqrt(head) + bias
            mixed = softmax(np.where(later, -np.inf, scores)) @ v
            x = x + self.linear(mixed.transpose(1, 0, 2).reshape(count, -1), p + 'self_attention.dense')
            y = self.linear(self.norm(x, p + 'post_attention_layernorm'), p + 'mlp.dense_h_to_4h')
            y = 0.5 * y * (1 + np.tanh(0.79788456 * y * (1 + 0.044715 * y * y)))
            x = x + self.linear(y, p + 'mlp.dense_4h_to_h')
            layer += 1
        return self.norm(x, self.top + 'ln_f') @ self.w[self.top + 'word_embeddings.weight'].T


def loss(model, samples):
    """Mean over all learnt positions of all samples: every text token behind the first position."""
    total = count = 0
    for ids, pictures in samples:
        ids = np.array(ids)
        x = model.embedded(np.maximum(ids, 0)).astype(np.float64)
        at = np.flatnonzero(ids < 0)
        if len(at):
            x[at] = np.concatenate([model.visual(p) for p in pictures])
        targets = np.flatnonzero(ids[1:] >= 0)
        rows = model.logits(x)[targets]
        rows = rows - rows.max(-1, keepdims=True)
        total -= (rows[np.arange(len(rows)), ids[targets + 1]] - np.log(np.exp(rows).sum(-1))).sum()
        count += len(targets)
    return total / count


def gradients(model, samples, learnt):
    found = {}
    for name, value in learnt.items():
        flat, slope = value.reshape(-1), np.empty(value.size)
        for i in range(value.size):
            kept = flat[i]
            flat[i] = kept + NUDGE
            above = loss(model, samples)
            flat[i] = kept - NUDGE
            slope[i] = (above - loss(model, samples)) / (2 * NUDGE)
            flat[i] = kept
        found[name] = slope.reshape(value.shape)
    return found


def train(model, samples, learnt):
    first, second = ({n: np.zeros_like(v) for n, v in learnt.items()} for _ in range(2))
    losses, norms = [], []
    for step in range(1, STEPS + 1):
        losses.append(loss(model, samples))
        slopes = gradients(model, samples, learnt)
        norm = math.sqrt(sum((g * g).sum() for g in slopes.values()))
        norms.append(norm)
        print('step', step, 'loss', losses[-1], 'norm', norm, flush=True)
        for name, value in learnt.items():
            g = slopes[name] * min(1.0, CLIP / (norm + 1e-6))
            first[name] = BETAS[0] * first[name] + (1 - BETAS[0]) * g
            second[name] = BETAS[1] * second[name] + (1 - BETAS[1]) * g * g
            mean = first[name] / (1 - BETAS[0] ** step)
            spread = np.sqrt(second[name] / (1 - BETAS[1] ** step))
            value *= 1 - RATE * DECAY
            value -= RATE * mean / (spread + EPSILON)
    losses.append(loss(model, samples))
    return losses, norms


def samples_of(folder, names, kind):
    forward = read_safetensors(os.path.join(folder, 'forward.safetensors'))
    cases = {case['name']: case for case in read_json(os.path.join(folder, 'forward.json'))}
    return [(cases[n]['ids'], [forward[f'{kind}/{p}'].astype(np.float64) for p in cases[n]['images']]) for n in names]


def main(resources, out):
    llava, bloom = os.path.join(resources, 'llava-tiny'), os.path.join(resources, 'owl-bloom-tiny')
    stages = [
        ('llava-projector', Llava, llava, 'transformers-5-bf16', ['one-image', 'adjacent-images'], 'features', True, False),
        ('llava-projector-lora', Llava, llava, 'transformers-5-bf16', ['one-image', 'adjacent-images'], 'features', True, True),
        ('bloom-lora', Bloom, bloom, 'safetensors-sharded-bf16', ['adjacent-images', 'odd-spaces'], 'visual_tokens', False, True),
    ]
    for name, kind, folder, layout, cases, input_kind, projector, lora in stages:
        if len(sys.argv) > 3 and name not in sys.argv[3:]:
            continue
        model = kind(read_checkpoint(os.path.join(folder, 'checkpoints', layout)), 1e-5)
        learnt = {}
        if projector:
            for n in list(model.w):
                if '.multi_modal_projector.' in n:
                    model.w[n] = learnt[n] = model.w[n].copy()
        if lora:
            model.add_lora(os.path.join(folder, 'adapters', 'peft'))
            learnt.update(model.lora)
        losses, norms = train(model, samples_of(folder, cases, input_kind), learnt)
        write_json(os.path.join(out, name + '.json'), {
            'folder': os.path.basename(folder), 'layout': layout, 'cases': cases, 'lora': lora,
            'rate': RATE, 'betas': BETAS, 'epsilon': EPSILON, 'decay': DECAY, 'clip': CLIP,
            'losses': losses, 'norms': norms})
        write_safetensors(os.path.join(out, name + '.safetensors'),
                          {n: v.astype(np.float32) for n, v in learnt.items()})


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2])
