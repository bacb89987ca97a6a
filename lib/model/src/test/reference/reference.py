# SPDX-License-Identifier: Apache-2.0
"""A second, independent computation of mPLUG-Owl's golden values, in numpy alone (float64, rounded to float32 at the end).

It was written from the model's description (tensor table and formulas), without looking at the engine, so that a golden
folder may have sizes for which no other reference values exist.

    python3 reference.py check  FOLDER    compares FOLDER's values with this computation
    python3 reference.py create FOLDER --from OTHER
                                          writes a new folder of other sizes (grouped queries, own head size, odd widths);
                                          tokenizer.model, tokens.json and pictures are copied from the folder OTHER
    python3 reference.py sensitivity FOLDER
                                          says how far typical mistakes would move the values of FOLDER
"""
import json
import math
import os
import shutil
import struct
import sys
import zlib

import numpy as np

MISTAKE = None  # set by "sensitivity" only


# ---------------------------------------------------------------- files

NUMPY = {'F64': '<f8', 'F32': '<f4', 'F16': '<f2', 'U8': '|u1', 'I64': '<i8', 'I32': '<i4'}


def read_safetensors(path):
    with open(path, 'rb') as file:
        data = file.read()
    length, = struct.unpack('<Q', data[:8])
    header, data = json.loads(data[8:8 + length]), data[8 + length:]
    tensors = {}
    for name, entry in header.items():
        if name == '__metadata__':
            continue
        raw = data[entry['data_offsets'][0]:entry['data_offsets'][1]]
        if entry['dtype'] == 'BF16':
            array = (np.frombuffer(raw, '<u2').astype(np.uint32) << 16).view(np.float32)
        else:
            array = np.frombuffer(raw, NUMPY[entry['dtype']])
        tensors[name] = array.reshape(entry['shape'])
    return tensors


def write_safetensors(path, tensors):
    names = {np.dtype(v): k for k, v in NUMPY.items()}
    header, chunks, offset = {'__metadata__': {'format': 'pt'}}, [], 0
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        header[name] = {'dtype': names[array.dtype], 'shape': list(array.shape),
                        'data_offsets': [offset, offset + array.nbytes]}
        chunks.append(array.tobytes())
        offset += array.nbytes
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + b''.join(chunks))


def read_json(path):
    with open(path, encoding='utf-8') as file:
        return json.load(file)


def write_json(path, value):
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write('\n')


def read_checkpoint(folder):
    tensors = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith('.safetensors'):
            tensors.update(read_safetensors(os.path.join(folder, name)))
    return {k: v.astype(np.float64) for k, v in tensors.items() if not k.endswith('rotary_emb.inv_freq')}


# ---------------------------------------------------------------- tokenizer (SentencePiece, BPE with byte fallback)

def fields(data):
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            value = varint()
        elif kind == 1:
            value, at = data[at:at + 8], at + 8
        elif kind == 2:
            size = varint()
            value, at = data[at:at + size], at + size
        elif kind == 5:
            value, at = data[at:at + 4], at + 4
        else:
            raise ValueError(kind)
        yield key >> 3, value


class Tokenizer:
    def __init__(self, path):
        with open(path, 'rb') as file:
            data = file.read()
        self.pieces, self.trainer = [], {}
        for number, value in fields(data):
            if number == 1:
                piece = dict(fields(value))
                self.pieces.append((piece[1].decode(), struct.unpack('<f', piece.get(2, b'\0' * 4))[0],
                                    piece.get(3, 1)))
            elif number == 2:
                self.trainer = dict(fields(value))
        self.ids = {text: i for i, (text, _, kind) in enumerate(self.pieces) if kind in (1, 4)}
        self.bytes = {int(text[3:5], 16): i for i, (text, _, kind) in enumerate(self.pieces) if kind == 6}

    def encode(self, text):
        if not text:
            return []
        symbols = list('\u2581' + text.replace(' ', '\u2581'))
        while True:
            best, where = None, -1
            for i in range(len(symbols) - 1):
                found = self.ids.get(symbols[i] + symbols[i + 1])
                if found is not None and (best is None or self.pieces[found][1] > best):
                    best, where = self.pieces[found][1], i
            if where < 0:
                break
            symbols[where:where + 2] = [symbols[where] + symbols[where + 1]]
        ids = []
        for symbol in symbols:
            if symbol in self.ids:
                ids.append(self.ids[symbol])
            else:
                ids.extend(self.bytes[b] for b in symbol.encode())
        return ids

    def decode(self, ids):
        out, run = [], b''

        def flush():
            nonlocal run
            while run:
                for size in (1, 2, 3, 4):
                    try:
                        out.append(run[:size].decode())
                        break
                    except UnicodeDecodeError:
                        pass
                else:
                    out.append('\ufffd')
                    size = 1
                run = run[size:]
        for i in ids:
            text, _, kind = self.pieces[i]
            if kind == 6:
                run += bytes([int(text[3:5], 16)])
                continue
            flush()
            if kind == 2:
                out.append(' \u2047 ')
            elif kind != 3:
                out.append(text.replace('\u2581', ' '))
        flush()
        text = ''.join(out)
        return text[1:] if text.startswith(' ') and self.pieces[ids[0]][2] == 1 else text

    def prompt(self, text, visual):
        ids = [1]
        chunks = text.split('<image>')
        for n, chunk in enumerate(chunks):
            if n:
                ids += [-1] * visual
            if chunk:
                ids += self.encode(chunk)
        return ids


# ---------------------------------------------------------------- pictures

def read_png(path):
    """Eight bits a channel, grey or RGB, not interlaced; the array is [height, width, 3]."""
    with open(path, 'rb') as file:
        data = file.read()
    at, body = 8, b''
    while at < len(data):
        size, = struct.unpack('>I', data[at:at + 4])
        kind, chunk = data[at + 4:at + 8], data[at + 8:at + 8 + size]
        at += 12 + size
        if kind == b'IHDR':
            width, height, depth, colour, _, _, interlace = struct.unpack('>IIBBBBB', chunk)
            assert depth == 8 and interlace == 0 and colour in (0, 2), (depth, colour, interlace)
        elif kind == b'IDAT':
            body += chunk
    channels = 3 if colour == 2 else 1
    raw, stride = zlib.decompress(body), width * channels
    rows, above = [], [0] * stride
    for y in range(height):
        kind, line = raw[y * (stride + 1)], list(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride):
            a = line[x - channels] if x >= channels else 0
            b = above[x]
            c = above[x - channels] if x >= channels else 0
            if kind == 1:
                guess = a
            elif kind == 2:
                guess = b
            elif kind == 3:
                guess = (a + b) // 2
            elif kind == 4:
                p = a + b - c
                guess = min(((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c)))[2]
            else:
                guess = 0
            line[x] = (line[x] + guess) & 255
        rows.append(line)
        above = line
    picture = np.array(rows, np.uint8).reshape(height, width, channels)
    return np.repeat(picture, 3, 2) if channels == 1 else picture


def resize_rows(picture, size):
    """Pillow's bicubic along axis 1: fixed point with 22 bits, the result rounded to bytes."""
    def cubic(x):
        x, a = abs(x), -0.5
        if x < 1:
            return ((a + 2) * x - (a + 3)) * x * x + 1
        return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0
    count = picture.shape[1]
    scale = count / size
    wide = max(scale, 1.0)
    out = np.empty((picture.shape[0], size, picture.shape[2]), np.uint8)
    for i in range(size):
        centre = (i + 0.5) * scale
        low = max(0, int(centre - 2 * wide + 0.5))
        high = min(count, int(centre + 2 * wide + 0.5))
        weights = [cubic((x - centre + 0.5) / wide) for x in range(low, high)]
        total = sum(weights)
        fixed = np.array([int(w / total * (1 << 22) + (0.5 if w / total >= 0 else -0.5)) for w in weights], np.int64)
        value = (1 << 21) + np.einsum('yxc,x->yc', picture[:, low:high].astype(np.int64), fixed)
        out[:, i] = np.clip(value >> 22, 0, 255)
    return out


def resizeToSquare(picture, size):
    if picture.shape[1] != size:
        picture = resize_rows(picture, size)
    if picture.shape[0] != size:
        picture = resize_rows(picture.transpose(1, 0, 2), size).transpose(1, 0, 2)
    return picture


def normalise(pixels, mean, std):
    scaled = (pixels.astype(np.float64) * (1 / 255)).astype(np.float32)
    return ((scaled - np.float32(mean)) / np.float32(std)).transpose(2, 0, 1).astype(np.float32)


# ---------------------------------------------------------------- model

def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Owl:
    def __init__(self, config, weights, adapter=None):
        self.c, self.w = config, dict(weights)
        self.vision, self.abstractor, self.text = (
            config['vision_config'], config['visual_abstractor_config'], config['text_config'])
        if adapter:
            self.merge(*adapter)

    def merge(self, config, lora):
        scale = config['lora_alpha'] / config['r']
        if config.get('use_rslora'):
            scale = config['lora_alpha'] / math.sqrt(config['r'])
        if MISTAKE == 'lora scale 4':
            scale = 4
        for name, a in lora.items():
            if '.lora_A.' in name:
                b = lora[name.replace('.lora_A.', '.lora_B.')]
                base = name.removeprefix('base_model.model.').replace('.default', '').replace('.lora_A', '')
                assert base in self.w, base
                if MISTAKE == 'lora on q and v only' and base.split('.')[-2] not in ('q_proj', 'v_proj'):
                    continue
                self.w[base] = self.w[base] + scale * b.astype(np.float64) @ a.astype(np.float64)

    def linear(self, x, name):
        y = x @ self.w[name + '.weight'].T
        bias = self.w.get(name + '.bias')
        return y if bias is None else y + bias

    def norm(self, x, name, eps):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + eps)
        return x * self.w[name + '.weight'] + self.w[name + '.bias']

    def rms(self, x, name):
        eps = self.text['rms_norm_eps'] if MISTAKE != 'rms eps 1e-6' else 1e-6
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * self.w[name + '.weight']

    def features(self, pixels):
        c = self.vision
        eps = c['layer_norm_eps'] if MISTAKE != 'vision eps 1e-6' else 1e-6
        patch, heads, width = c['patch_size'], c['num_attention_heads'], c['hidden_size']
        head = width // heads
        _, height, wide = pixels.shape
        blocks = pixels.reshape(3, height // patch, patch, wide // patch, patch).transpose(1, 3, 0, 2, 4)
        kernel = self.w['vision_model.embeddings.patch_embed.weight'].reshape(width, -1)
        x = blocks.reshape(-1, 3 * patch * patch).astype(np.float64) @ kernel.T
        x = np.concatenate([self.w['vision_model.embeddings.cls_token'][0], x])
        x = x + self.w['vision_model.embeddings.position_embedding'][0, :len(x)]
        x = self.norm(x, 'vision_model.embeddings.pre_layernorm', eps)
        for layer in range(c['num_hidden_layers']):
            p = f'vision_model.encoder.layers.{layer}.'
            fused = self.linear(self.norm(x, p + 'input_layernorm', eps), p + 'self_attn.query_key_value')
            if MISTAKE == 'stacked q, k, v':
                q, k, v = fused.reshape(len(x), 3, heads, head).transpose(1, 2, 0, 3)
            else:
                q, k, v = fused.reshape(len(x), heads, 3, head).transpose(2, 1, 0, 3)
            a = softmax(q @ k.transpose(0, 2, 1) * head ** -0.5) @ v
            x = x + self.linear(a.transpose(1, 0, 2).reshape(len(x), width), p + 'self_attn.dense')
            h = self.linear(self.norm(x, p + 'post_attention_layernorm', eps), p + 'mlp.fc1')
            x = x + self.linear(h * sigmoid(1.702 * h), p + 'mlp.fc2')
        return self.norm(x, 'vision_model.post_layernorm', eps)

    def visual_tokens(self, features):
        c = self.abstractor
        heads, width = c['num_attention_heads'], c['hidden_size']
        head = width // heads
        own = 1e-5 if MISTAKE != 'abstractor norms use the config eps' else c['layer_norm_eps']
        ffn = c['layer_norm_eps'] if MISTAKE != 'ffn_ln eps 1e-6' else 1e-6

        def split(t):
            return t.reshape(len(t), heads, head).transpose(1, 0, 2)
        q0 = self.w['query_tokens'][0]
        for layer in range(c['num_hidden_layers']):
            p = f'abstractor.encoder.layers.{layer}.crossattention.'
            qn = self.norm(q0, p + 'norm1', own)
            kv = np.concatenate([qn, self.norm(features, p + 'normk', own)])
            q, k, v = (split(self.linear(t, p + 'attention.' + n)) for t, n in
                       ((qn, 'query'), (kv, 'key'), (kv, 'value')))
            a = softmax(q @ k.transpose(0, 2, 1) / math.sqrt(head)) @ v
            r = (q0 if MISTAKE == 'residual of the raw query' else qn) + self.linear(
                a.transpose(1, 0, 2).reshape(len(q0), width), p + 'output.out_proj')
            z, m = self.norm(r, p + 'output.norm2', own), p + 'output.mlp.'
            g = self.linear(z, m + 'w1')
            h = self.norm(g * sigmoid(g) * self.linear(z, m + 'w3'), m + 'ffn_ln', ffn)
            q0 = r + self.linear(h, m + 'w2')
        return np.concatenate([self.linear(q0, 'abstractor.visual_fc'), self.w['abstractor.vit_eos'][0]])

    def embed(self, ids, tokens):
        """Every run of Q+1 visual positions takes the tokens of the next picture."""
        x = self.w['language_model.model.embed_tokens.weight'][[max(i, 0) for i in ids]]
        at = [i for i, t in enumerate(ids) if t < 0]
        if at:
            x[at] = np.concatenate(tokens)
        return x

    def logits(self, x):
        c = self.text
        heads, groups = c['num_attention_heads'], c['num_key_value_heads']
        head = c.get('head_dim') or c['hidden_size'] // heads
        count = len(x)
        theta = c['rope_theta'] if MISTAKE != 'rope theta 10000' else 1e4
        angle = np.arange(count)[:, None] * theta ** (-np.arange(0, head, 2) / head)[None]
        cos, sin = np.cos(angle), np.sin(angle)

        def rotate(t):
            if MISTAKE == 'interleaved rope':
                a, b = t[..., 0::2], t[..., 1::2]
                return np.stack([a * cos - b * sin, b * cos + a * sin], -1).reshape(t.shape)
            a, b = t[..., :head // 2], t[..., head // 2:]
            return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)

        def split(t):
            return t.reshape(count, -1, head).transpose(1, 0, 2)
        hidden = np.triu(np.ones((count, count), bool), 1)
        for layer in range(c['num_hidden_layers']):
            p = f'language_model.model.layers.{layer}.'
            h = self.rms(x, p + 'input_layernorm')
            q, k, v = (split(self.linear(h, p + f'self_attn.{n}_proj')) for n in 'qkv')
            assert len(q) == heads and len(k) == len(v) == groups
            q, k = rotate(q), rotate(k)
            out = []
            for i in range(heads):
                g = i % groups if MISTAKE == 'groups interleaved' else i // (heads // groups)
                scale = c['hidden_size'] / heads if MISTAKE == 'scale of width/heads' else head
                scores = q[i] @ k[g].T / math.sqrt(scale)
                out.append(softmax(np.where(hidden, -np.inf, scores)) @ v[g])
            x = x + self.linear(np.concatenate(out, 1), p + 'self_attn.o_proj')
            h = self.rms(x, p + 'post_attention_layernorm')
            g = self.linear(h, p + 'mlp.gate_proj')
            x = x + self.linear(g * sigmoid(g) * self.linear(h, p + 'mlp.up_proj'), p + 'mlp.down_proj')
        return self.linear(self.rms(x, 'language_model.model.norm'), 'language_model.lm_head')

    def greedy(self, ids, tokens, limit=24, eos=2):
        """Without a cache: every step computes the whole sequence again. Also gives the smallest lead of a chosen token."""
        ids, new, lead = list(ids), [], math.inf
        while len(new) < limit and eos not in new:
            last = self.logits(self.embed(ids, tokens))[-1]
            two = np.sort(last)[-2:]
            lead = min(lead, two[1] - two[0])
            new.append(int(last.argmax()))
            ids.append(new[-1])
        return new, lead


# ---------------------------------------------------------------- commands

def read_adapter(folder):
    return (read_json(os.path.join(folder, 'adapter_config.json')),
            read_safetensors(os.path.join(folder, 'adapter_model.safetensors')))


def distance(actual, expected):
    """1.0 is the edge of the tolerance 2e-4 + 1e-4 |expected|."""
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    gap = np.abs(actual.astype(np.float32).astype(np.float64) - expected)
    return float((gap / (2e-4 + 1e-4 * np.abs(expected))).max()), float(gap.max())


def owls(folder, checkpoint):
    config = read_json(os.path.join(checkpoint, 'config.json'))
    weights = read_checkpoint(checkpoint)
    found = {None: Owl(config, weights)}
    base = os.path.join(folder, 'adapters')
    for name in sorted(os.listdir(base)) if os.path.isdir(base) else []:
        if os.path.exists(os.path.join(base, name, 'adapter_model.safetensors')):
            found[name] = Owl(config, weights, read_adapter(os.path.join(base, name)))
    return found


def check(folder):
    good, worst = True, {}

    def say(ok, *what):
        nonlocal good
        good &= bool(ok)
        if not ok:
            print('WRONG', *what)
    golden, cases = read_safetensors(os.path.join(folder, 'forward.safetensors')), read_json(
        os.path.join(folder, 'forward.json'))
    for layout in sorted(os.listdir(os.path.join(folder, 'checkpoints'))):
        checkpoint = os.path.join(folder, 'checkpoints', layout)
        if not any(n.endswith('.safetensors') for n in os.listdir(checkpoint)):
            continue
        models = owls(folder, checkpoint)
        words = Tokenizer(os.path.join(checkpoint, 'tokenizer.model'))
        side = read_json(os.path.join(checkpoint, 'preprocessor_config.json'))

        def compare(kind, name, actual):
            share, gap = distance(actual, golden[f'{kind}/{name}'])
            worst[layout, kind] = max(worst.get((layout, kind), (0, 0)), (share, gap))
            say(share <= 1, layout, kind, name, share, gap)
        tokens = {}
        for key in golden:
            if key.startswith('pixel_values/'):
                name = key.split('/', 1)[1]
                features = models[None].features(golden[key].astype(np.float64))
                compare('features', name, features)
                tokens[name] = models[None].visual_tokens(features)
                compare('visual_tokens', name, tokens[name])
                if name.endswith('.png') and name != 'one-bit.png':
                    size = models[None].vision['image_size']
                    pixels = resizeToSquare(read_png(os.path.join(folder, 'images', name)), size)
                    compare('pixel_values', name, normalise(pixels, side['image_mean'], side['image_std']))
        for case in cases:
            if case['adapter'] not in models:
                print('left out', case['name'])
                continue
            owl, shown = models[case['adapter']], [tokens[n] for n in case['images']]
            say(case['ids'] == words.prompt(case['prompt'], owl.c['num_query_tokens'] + 1), layout, case['name'], 'ids')
            compare('logits', case['name'], owl.logits(owl.embed(case['ids'], shown)))
            new, lead = owl.greedy(case['ids'], shown)
            say(new == case['greedy'], layout, case['name'], 'greedy', new, case['greedy'])
            say(words.decode(new) == case['text'], layout, case['name'], 'text', words.decode(new), case['text'])
            worst[layout, 'smallest lead'] = min(worst.get((layout, 'smallest lead'), (9, 9)), (lead, lead))
        for entry in read_json(os.path.join(folder, 'tokens.json')):
            say(words.encode(entry['text']) == entry['ids'], 'tokens', entry['text'][:40])
            say(words.decode(entry['ids']) == entry['decoded'], 'decoded', entry['text'][:40])
    for name, pixels in read_safetensors(os.path.join(folder, 'pixels.safetensors')).items():
        file, size = name.split('@')
        if file in ('rgb.png', 'grey.png', 'wide.png', 'one-pixel.png'):
            own = resizeToSquare(read_png(os.path.join(folder, 'images', file)), int(size))
            say(np.array_equal(own, pixels), 'pixels', name)
    for key, value in worst.items():
        print(*key, 'tolerance used %.5f, largest difference %.3g' % value)
    print('all right' if good else 'DIFFERENT')
    return good


CONFIG = {
    'architectures': ['MplugOwlForConditionalGeneration'],
    'model_type': 'mplug-owl',
    'num_query_tokens': 5,
    'torch_dtype': 'float32',
    'vision_config': {
        'model_type': 'mplug_owl_vision_model', 'hidden_size': 30, 'intermediate_size': 53, 'num_hidden_layers': 3,
        'num_attention_heads': 3, 'image_size': 48, 'patch_size': 12, 'layer_norm_eps': 5e-4, 'hidden_act': 'quick_gelu'},
    'visual_abstractor_config': {
        'model_type': 'mplug_owl_visual_abstract', 'hidden_size': 30, 'encoder_hidden_size': 30, 'num_hidden_layers': 1,
        'num_attention_heads': 5, 'intermediate_size': 37, 'layer_norm_eps': 2e-4},
    'text_config': {
        'model_type': 'llama', 'vocab_size': 640, 'hidden_size': 36, 'intermediate_size': 77, 'num_hidden_layers': 3,
        'num_attention_heads': 6, 'num_key_value_heads': 2, 'head_dim': 10, 'rms_norm_eps': 1e-4, 'rope_theta': 500000.0,
        'max_position_embeddings': 160, 'hidden_act': 'silu', 'bos_token_id': 1, 'eos_token_id': 2,
        'tie_word_embeddings': False}}
ADAPTER = {
    'peft_type': 'LORA', 'task_type': 'CAUSAL_LM', 'r': 3, 'lora_alpha': 5, 'lora_dropout': 0.1, 'bias': 'none',
    'fan_in_fan_out': False, 'inference_mode': True, 'use_rslora': False,
    'target_modules': ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    'base_model_name_or_path': 'owl-grouped'}
PICTURES = ['rgb.png', 'wide.png', 'grey.png']
CASES = [
    ('text-only', None, [], 'Human: How many birds?\nAI: '),
    ('one-image', None, ['rgb.png'], 'Human: <image>\nHuman: What colour is it?\nAI: '),
    ('two-images+lora', 'peft', ['wide.png', 'rgb.png'], 'Human: <image>\nHuman: A?\nAI: B.\nHuman: <image>\nHuman: C?\nAI: '),
    ('adjacent-images', None, ['grey.png', 'wide.png'], 'Human: <image><image>\nAI: '),
    ('text-only+lora', 'peft', [], 'Human: \u5706\u5f62\u662f\u4ec0\u4e48\uff1f\nAI: ')]


def bfloat16(x):
    """Rounds to a number of bfloat16 that float16 holds as well."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32).astype(np.uint64)
    bits = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000
    y = bits.astype(np.uint32).view(np.float32).reshape(np.shape(x)).copy()
    y[np.abs(y) < 2.0 ** -16] = 0
    assert np.array_equal(y, y.astype(np.float16).astype(np.float32))
    return y


def shapes(c):
    v, a, t = c['vision_config'], c['visual_abstractor_config'], c['text_config']
    d, m = v['hidden_size'], v['intermediate_size']
    out = {'query_tokens': (1, c['num_query_tokens'], a['hidden_size'])}
    p = 'vision_model.embeddings.'
    out[p + 'cls_token'] = (1, 1, d)
    out[p + 'position_embedding'] = (1, (v['image_size'] // v['patch_size']) ** 2 + 1, d)
    out[p + 'patch_embed.weight'] = (d, 3, v['patch_size'], v['patch_size'])

    def norm(name, width):
        out[name + '.weight'], out[name + '.bias'] = (width,), (width,)

    def linear(name, rows, columns):
        out[name + '.weight'], out[name + '.bias'] = (rows, columns), (rows,)
    norm(p + 'pre_layernorm', d)
    norm('vision_model.post_layernorm', d)
    for i in range(v['num_hidden_layers']):
        p = f'vision_model.encoder.layers.{i}.'
        norm(p + 'input_layernorm', d)
        norm(p + 'post_attention_layernorm', d)
        linear(p + 'self_attn.query_key_value', 3 * d, d)
        linear(p + 'self_attn.dense', d, d)
        linear(p + 'mlp.fc1', m, d)
        linear(p + 'mlp.fc2', d, m)
    d, m = a['hidden_size'], a['intermediate_size']
    for i in range(a['num_hidden_layers']):
        p = f'abstractor.encoder.layers.{i}.crossattention.'
        for name in ('norm1', 'normk', 'output.norm2'):
            norm(p + name, d)
        for name in ('attention.query', 'attention.key', 'attention.value', 'output.out_proj'):
            linear(p + name, d, d)
        linear(p + 'output.mlp.w1', m, d)
        linear(p + 'output.mlp.w3', m, d)
        linear(p + 'output.mlp.w2', d, m)
        norm(p + 'output.mlp.ffn_ln', m)
    h, m, n = t['hidden_size'], t['intermediate_size'], t['vocab_size']
    linear('abstractor.visual_fc', h, d)
    out['abstractor.vit_eos'] = (1, 1, h)
    q, k = t['num_attention_heads'] * t['head_dim'], t['num_key_value_heads'] * t['head_dim']
    out['language_model.model.embed_tokens.weight'] = out['language_model.lm_head.weight'] = (n, h)
    out['language_model.model.norm.weight'] = (h,)
    for i in range(t['num_hidden_layers']):
        p = f'language_model.model.layers.{i}.'
        out[p + 'input_layernorm.weight'] = out[p + 'post_attention_layernorm.weight'] = (h,)
        for name, rows, columns in (('q', q, h), ('k', k, h), ('v', k, h), ('o', h, q)):
            out[p + f'self_attn.{name}_proj.weight'] = (rows, columns)
        out[p + 'mlp.gate_proj.weight'] = out[p + 'mlp.up_proj.weight'] = (m, h)
        out[p + 'mlp.down_proj.weight'] = (h, m)
    return out


def create(folder, source, seed=20230427):
    random = np.random.default_rng(seed)
    weights = {}
    for name, shape in shapes(CONFIG).items():
        x = random.standard_normal(shape)
        if 'norm' in name or 'ffn_ln' in name:
            x = 0.2 * x + (1 if name.endswith('weight') else 0)
        elif name.endswith('.bias'):
            x = 0.1 * x
        elif name in ('query_tokens', 'abstractor.vit_eos') or 'embed_tokens' in name or 'cls_token' in name:
            x = 0.2 * x  # small, so that the epsilon of a norm can be seen
        elif 'position_embedding' in name:
            x = 0.1 * x
        elif 'patch_embed' in name:
            x = 0.02 * x
        else:
            x = 1.2 * x / math.sqrt(shape[-1])
        weights[name] = bfloat16(x)
    lora = {}
    for name, value in weights.items():
        if name.startswith('language_model.model.layers.') and name.endswith('_proj.weight'):
            p, r = 'base_model.model.' + name.removesuffix('.weight'), ADAPTER['r']
            lora[p + '.lora_A.weight'] = bfloat16(random.standard_normal((r, value.shape[1])) / math.sqrt(value.shape[1]))
            lora[p + '.lora_B.weight'] = bfloat16(0.2 * random.standard_normal((value.shape[0], r)))
    first = os.path.join(source, 'checkpoints', 'safetensors')
    for layout, kind, word in (('safetensors', np.float32, 'float32'), ('safetensors-fp16', np.float16, 'float16')):
        place = os.path.join(folder, 'checkpoints', layout)
        os.makedirs(place)
        write_safetensors(os.path.join(place, 'model.safetensors'), {k: v.astype(kind) for k, v in weights.items()})
        write_json(os.path.join(place, 'config.json'), CONFIG | {'torch_dtype': word})
        side = read_json(os.path.join(first, 'preprocessor_config.json'))
        write_json(os.path.join(place, 'preprocessor_config.json'),
                   side | {'resolution': CONFIG['vision_config']['image_size']})
        for name in ('tokenizer.model', 'tokenizer_config.json', 'generation_config.json'):
            shutil.copyfile(os.path.join(first, name), os.path.join(place, name))
    place = os.path.join(folder, 'adapters', 'peft')
    os.makedirs(place)
    write_json(os.path.join(place, 'adapter_config.json'), ADAPTER)
    write_safetensors(os.path.join(place, 'adapter_model.safetensors'), lora)
    os.makedirs(os.path.join(folder, 'images'))
    shutil.copyfile(os.path.join(source, 'tokens.json'), os.path.join(folder, 'tokens.json'))

    models = owls(folder, os.path.join(folder, 'checkpoints', 'safetensors'))
    owl, golden, pixels, tokens, cases = models[None], {}, {}, {}, []
    for name in PICTURES:
        shutil.copyfile(os.path.join(source, 'images', name), os.path.join(folder, 'images', name))
        size = owl.vision['image_size']
        resized = resizeToSquare(read_png(os.path.join(folder, 'images', name)), size)
        pixels[f'{name}@{size}'] = resized
        values = normalise(resized, side['image_mean'], side['image_std'])
        golden['pixel_values/' + name] = values
        features = owl.features(values.astype(np.float64))
        golden['features/' + name] = features.astype(np.float32)
        tokens[name] = owl.visual_tokens(features)
        golden['visual_tokens/' + name] = tokens[name].astype(np.float32)
    words = Tokenizer(os.path.join(first, 'tokenizer.model'))
    for name, adapter, pictures, prompt in CASES:
        owl, shown = models[adapter], [tokens[n] for n in pictures]
        ids = words.prompt(prompt, CONFIG['num_query_tokens'] + 1)
        golden['logits/' + name] = owl.logits(owl.embed(ids, shown)).astype(np.float32)
        new, lead = owl.greedy(ids, shown)
        assert lead > 1e-3, (name, lead, 'too close for another order of sums: take another seed')
        print(name, len(ids), 'positions, smallest lead', lead, new)
        cases.append({'name': name, 'adapter': adapter, 'images': pictures, 'prompt': prompt, 'ids': ids, 'greedy': new,
                      'text': words.decode(new)})
    write_safetensors(os.path.join(folder, 'forward.safetensors'), golden)
    write_safetensors(os.path.join(folder, 'pixels.safetensors'), pixels)
    write_json(os.path.join(folder, 'forward.json'), cases)


def sensitivity(folder):
    global MISTAKE
    golden, cases = read_safetensors(os.path.join(folder, 'forward.safetensors')), read_json(
        os.path.join(folder, 'forward.json'))
    for MISTAKE in (None, 'vision eps 1e-6', 'stacked q, k, v', 'abstractor norms use the config eps', 'ffn_ln eps 1e-6',
                    'residual of the raw query', 'rms eps 1e-6', 'rope theta 10000', 'interleaved rope',
                    'groups interleaved', 'scale of width/heads', 'lora scale 4', 'lora on q and v only'):
        models = owls(folder, os.path.join(folder, 'checkpoints', 'safetensors'))
        shares, tokens = {}, {}
        for key in golden:
            if key.startswith('pixel_values/'):
                name = key.split('/', 1)[1]
                features = models[None].features(golden[key].astype(np.float64))
                tokens[name] = models[None].visual_tokens(golden['features/' + name].astype(np.float64))
                for kind, value in (('features', features), ('visual_tokens', tokens[name])):
                    shares[kind] = max(shares.get(kind, 0), distance(value, golden[f'{kind}/{name}'])[0])
        for case in cases:
            if case['adapter'] in models:
                owl = models[case['adapter']]
                value = owl.logits(owl.embed(case['ids'], [golden['visual_tokens/' + n].astype(np.float64)
                                                           for n in case['images']]))
                shares['logits'] = max(shares.get('logits', 0), distance(value, golden['logits/' + case['name']])[0])
        print('%-38s' % MISTAKE, *('%s %.4g' % item for item in shares.items()))
    MISTAKE = None


if __name__ == '__main__':
    if len(sys.argv) == 3 and sys.argv[1] == 'check':
        sys.exit(0 if check(sys.argv[2]) else 1)
    elif len(sys.argv) == 5 and sys.argv[1] == 'create' and sys.argv[3] == '--from':
        create(sys.argv[2], sys.argv[4])
    elif len(sys.argv) == 3 and sys.argv[1] == 'sensitivity':
        sensitivity(sys.argv[2])
    else:
        sys.exit(__doc__)
