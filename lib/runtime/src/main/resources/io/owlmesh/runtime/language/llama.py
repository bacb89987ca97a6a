  # Cosines and sines of the rotary embedding, [positions, headSize / 2] each: computed in float32, then the working type.
  def rope(self: __torch__.Net, positions: int, head: int, theta: float, w: List[Tensor]) -> List[Tensor]:
    like = w[1]
    inverse = torch.reciprocal(torch.pow(theta, torch.arange(0, head, 2, dtype=6, layout=None, device=ops.prim.device(like), pin_memory=None) / head))
    angles = torch.outer(torch.arange(0, positions, 1, dtype=6, layout=None, device=ops.prim.device(like), pin_memory=None), inverse)
    return [torch.type_as(torch.cos(angles), like), torch.type_as(torch.sin(angles), like)]
  # Room for the keys or values of so many positions: `layers` tensors [keyValueHeads, positions, headSize].
  def cache(self: __torch__.Net, layers: int, heads: int, positions: int, head: int, like: Tensor) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    for l in range(layers):
      torch.append(out, torch.new_empty(like, [heads, positions, head]))
    return out
  # Copies keys and values of `n` slots from one place of the cache to another.
  def copy(self: __torch__.Net, keys: List[Tensor], values: List[Tensor], from_: int, to: int, n: int) -> int:
    for l in range(len(keys)):
      _0 = torch.copy_(torch.slice(keys[l], 1, to, to + n), torch.slice(keys[l], 1, from_, from_ + n))
      _1 = torch.copy_(torch.slice(values[l], 1, to, to + n), torch.slice(values[l], 1, from_, from_ + n))
    return 0
  # Ids [T] int64 -> embeddings [T, H]. Where the table lies in its file as bfloat16, it is carried as float16, so that
  # only the rows in use are read and copied.
  def embed(self: __torch__.Net, ids: Tensor, w: List[Tensor]) -> Tensor:
    h = torch.embedding(w[0], ids)
    if torch.ne(ops.prim.dtype(h), ops.prim.dtype(w[1])):
      h = torch.view_copy(h, ops.prim.dtype(w[1]))
    return h
  # RMSNorm: variance in float32, cast, then the weight.
  def rms(self: __torch__.Net, x: Tensor, w: Tensor, eps: float) -> Tensor:
    return torch.type_as(torch.rms_norm(torch.to(x, 6), [x.size(-1)], None, eps), x) * w
  # y = x w[i]' for all rows, + (x A') B' for the rows of each group, with float32 A, B where its adapter has this matrix. B
  # holds the scaling. groups: first row, rows, and index of the adapter's first tensor in loras, each.
  def adapted(self: __torch__.Net, x: Tensor, w: List[Tensor], q8: List[Tensor], i: int, few: int, loras: List[Tensor], groups: List[int], at: int) -> Tensor:
    y = self.product(x, w, q8, i, few)
    for g in range(len(groups) // 3):
      a = groups[3 * g + 2] + at
      if loras[a].numel() > 0:
        b = groups[3 * g]
        e = b + groups[3 * g + 1]
        d = torch.linear(torch.linear(torch.to(torch.slice(x, 0, b, e), 6), loras[a]), loras[a + 1])
        _0 = torch.add_(torch.slice(y, 0, b, e), torch.type_as(d, y))
    return y
  # x [..., T, heads, head] rotated by position: the first half of a head pairs with the second.
  def rotate(self: __torch__.Net, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = x.size(-1) // 2
    a = torch.slice(x, -1, 0, half)
    b = torch.slice(x, -1, half, 2 * half)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
  # One block over the rows [R, H] of a step. w: norm, q, k, v, o, norm, gate, up, down. Keys and values are written to
  # their slots of the cache.
  def block(self: __torch__.Net, h: Tensor, w: List[Tensor], q8: List[Tensor], few: int, loras: List[Tensor], groups: List[int], l: int, keys: Tensor, values: Tensor, slots: Tensor, plan: List[int], cos: Tensor, sin: Tensor, eps: float) -> Tensor:
    n = h.size(0)
    head = keys.size(2)
    o = 1 + l * 9
    r = l * 14
    x = self.rms(h, w[o], eps)
    q = self.rotate(torch.view(self.adapted(x, w, q8, o + 1, few, loras, groups, r), [n, -1, head]), cos, sin)
    k = self.rotate(torch.view(self.adapted(x, w, q8, o + 2, few, loras, groups, r + 2), [n, -1, head]), cos, sin)
    v = torch.view(self.adapted(x, w, q8, o + 3, few, loras, groups, r + 4), [n, -1, head])
    k = torch.transpose(k, 0, 1)
    v = torch.transpose(v, 0, 1)
    _0 = torch.index_copy_(keys, 1, slots, k)
    _1 = torch.index_copy_(values, 1, slots, v)
    a = self.attention(torch.transpose(q, 0, 1), k, v, keys, values, plan)
    h = h + self.adapted(a, w, q8, o + 4, few, loras, groups, r + 6)
    x = self.rms(h, w[o + 5], eps)
    m = torch.silu(self.adapted(x, w, q8, o + 6, few, loras, groups, r + 8)) * self.adapted(x, w, q8, o + 7, few, loras, groups, r + 10)
    return h + self.adapted(m, w, q8, o + 8, few, loras, groups, r + 12)
  # q [heads, R, head], k and v [keyValueHeads, R, head] of a step -> [R, heads * head]. Each segment attends to what the
  # plan says: stretches of the cache, wherever they lie, and, causally, its own rows.
  # plan, for each segment: rows, whether it attends to its own, stretches, then first position and length of each.
  def attention(self: __torch__.Net, q: Tensor, k: Tensor, v: Tensor, keys: Tensor, values: Tensor, plan: List[int]) -> Tensor:
    outs = annotate(List[Tensor], [])
    i = 0
    row = 0
    while i < len(plan):
      t = plan[i]
      own = torch.eq(plan[i + 1], 1)
      stretches = plan[i + 2]
      i = i + 3
      qs = torch.slice(q, 1, row, row + t)
      os = annotate(List[Tensor], [])
      lses = annotate(List[Tensor], [])
      for j in range(stretches):
        from_ = plan[i]
        to = from_ + plan[i + 1]
        i = i + 2
        _0 = self.attend(qs, torch.slice(keys, 1, from_, to), torch.slice(values, 1, from_, to), False, os, lses)
      if own:
        _1 = self.attend(qs, torch.slice(k, 1, row, row + t), torch.slice(v, 1, row, row + t), True, os, lses)
      y = os[0]
      if len(os) > 1:
        y = self.joined(os, lses)
      torch.append(outs, torch.reshape(torch.transpose(y, 0, 1), [t, -1]))
      row = row + t
    y = outs[0]
    if len(outs) > 1:
      y = torch.cat(outs, 0)
    return torch.type_as(y, q)
  # q [heads, T, head] over keys and values [keyValueHeads, K, head]: adds the mean of the values [heads, T, head] and the
  # logarithm of its denominator [heads, T] to the lists.
  def attend(self: __torch__.Net, q: Tensor, k: Tensor, v: Tensor, causal: bool, outs: List[Tensor], lses: List[Tensor]) -> int:
    heads = q.size(0)
    t = q.size(1)
    kv = k.size(0)
    group = heads // kv
    if causal:
      # Heads that share keys see their own rows only up to themselves: each gets its copy.
      if group > 1:
        k = torch.repeat_interleave(k, group, 0)
        v = torch.repeat_interleave(v, group, 0)
      qs = q
    else:
      # Without a mask, heads that share keys are rows of one head.
      qs = torch.reshape(q, [kv, group * t, q.size(2)])
    if torch.eq(ops.prim.type(ops.prim.device(q)), "cpu"):
      both = self.fused(qs, k, v, causal)
    else:
      both = self.plain(qs, k, v, causal)
    torch.append(outs, torch.reshape(both[0], [heads, t, -1]))
    torch.append(lses, torch.reshape(both[1], [heads, t]))
    return 0
  # q [N, T, head], k and v [N, K, head] -> means of the values [N, T, head], logarithms of their denominators [N, T]: by
  # PyTorch's kernel for the CPU.
  def fused(self: __torch__.Net, q: Tensor, k: Tensor, v: Tensor, causal: bool) -> List[Tensor]:
    y, lse = torch._scaled_dot_product_flash_attention_for_cpu(torch.unsqueeze(q, 0), torch.unsqueeze(k, 0), torch.unsqueeze(v, 0), 0., causal)
    return [torch.squeeze(y, 0), torch.squeeze(lse, 0)]
  # The same for other devices.
  def plain(self: __torch__.Net, q: Tensor, k: Tensor, v: Tensor, causal: bool) -> List[Tensor]:
    scores = torch.to(torch.matmul(q, torch.transpose(k, 1, 2)), 6) / torch.sqrt(q.size(2))
    if causal:
      scores = torch.masked_fill(scores, torch.gt(torch.triu(torch.ones_like(scores), 1), 0), -inf)
    lse = torch.logsumexp(scores, [-1])
    y = torch.matmul(torch.type_as(torch.exp(scores - torch.unsqueeze(lse, -1)), v), v)
    return [y, lse]
  # Means over stretches, weighted by their denominators: the mean over all of them, in float32.
  def joined(self: __torch__.Net, outs: List[Tensor], lses: List[Tensor]) -> Tensor:
    weights = torch.softmax(torch.stack(lses, 0), 0, 6)
    y = torch.to(outs[0], 6) * torch.unsqueeze(weights[0], -1)
    for j in range(1, len(outs)):
      y = y + torch.to(outs[j], 6) * torch.unsqueeze(weights[j], -1)
    return y
  # One step of any number of sequences together: rows [R] are ids, or visual tokens where the id is negative, each with its
  # position and its slot in the cache.
  # numbers: how many of each kind follow, then ids, positions, slots, last, pieces, groups, plan.
  # visual: visual tokens [Q + 1, H]; pieces: first row, first of the tokens, tokens, index in visual, each.
  # w: embeddings, 9 tensors a layer, norm, lm_head; q8: see product. loras: 14 tensors a layer and adapter (A, B for q, k, v, o, gate, up,
  # down). last [K]: rows whose logits are wanted.
  # -> logits [K, V] in float32, the largest of each row [K], its id [K].
  def forward(self: __torch__.Net, numbers: Tensor, visual: List[Tensor], w: List[Tensor], q8: List[Tensor], few: int, loras: List[Tensor], keys: List[Tensor], values: List[Tensor], cos: Tensor, sin: Tensor, eps: float) -> List[Tensor]:
    n = annotate(List[int], torch.slice(numbers, 0, 0, 7).tolist())
    parts = torch.split(torch.slice(numbers, 0, 7), n, 0)
    positions = parts[1]
    slots = parts[2]
    last = parts[3]
    h = self.embed(torch.clamp(parts[0], 0), w)
    p = annotate(List[int], parts[4].tolist())
    for i in range(len(p) // 4):
      tokens = torch.slice(visual[p[4 * i + 3]], 0, p[4 * i + 1], p[4 * i + 1] + p[4 * i + 2])
      _0 = torch.copy_(torch.slice(h, 0, p[4 * i], p[4 * i] + p[4 * i + 2]), tokens)
    c = torch.unsqueeze(torch.index_select(cos, 0, positions), 1)
    s = torch.unsqueeze(torch.index_select(sin, 0, positions), 1)
    g = annotate(List[int], parts[5].tolist())
    segments = annotate(List[int], parts[6].tolist())
    for l in range(len(keys)):
      h = self.block(h, w, q8, few, loras, g, l, keys[l], values[l], slots, segments, c, s, eps)
    h = self.rms(torch.index_select(h, 0, last), w[len(w) - 2], eps)
    logits = torch.to(self.product(h, w, q8, len(w) - 1, few), 6)
    largest, id = torch.max(logits, -1)
    return [logits, largest, id]
  # w + B A for one adapted matrix, in float32, then the type of w. B holds the scaling.
  def merge(self: __torch__.Net, w: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.type_as(torch.to(w, 6) + torch.mm(b, a), w)
