  # Cosines and sines of the rotary embedding, [positions, headSize / 2] each: computed in float32, then the working type.
  def rope(self: __torch__.Net, positions: int, head: int, theta: float, w: List[Tensor]) -> List[Tensor]:
    like = w[1]
    inverse = torch.reciprocal(torch.pow(theta, torch.arange(0, head, 2, dtype=6, layout=None, device=ops.prim.device(like), pin_memory=None) / head))
    angles = torch.outer(torch.arange(0, positions, 1, dtype=6, layout=None, device=ops.prim.device(like), pin_memory=None), inverse)
    return [torch.type_as(torch.cos(angles), like), torch.type_as(torch.sin(angles), like)]
  # Empty keys or values of one sequence: `layers` tensors [keyValueHeads, capacity, headSize].
  def cache(self: __torch__.Net, layers: int, heads: int, capacity: int, head: int, like: Tensor) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    for l in range(layers):
      torch.append(out, torch.new_zeros(like, [heads, capacity, head]))
    return out
  # Ids [T] int64 -> embeddings [T, H]. Where the table lies in its file as bfloat16, it is carried as float16, so that
  # only the rows in use are read and copied.
  def embed(self: __torch__.Net, ids: Tensor, w: List[Tensor]) -> Tensor:
    h = torch.embedding(w[0], ids)
    if torch.ne(ops.prim.dtype(h), ops.prim.dtype(w[1])):
      h = torch.view_copy(h, ops.prim.dtype(w[1]))
    return h
  # Rows [from, to) of the embeddings.
  def rows(self: __torch__.Net, h: Tensor, from_: int, to: int) -> Tensor:
    return torch.slice(h, 0, from_, to)
  # Writes visual tokens [Q + 1, H] over the embeddings from row `at`.
  def splice(self: __torch__.Net, h: Tensor, tokens: Tensor, at: int) -> Tensor:
    return torch.copy_(torch.slice(h, 0, at, at + tokens.size(0)), tokens)
  # RMSNorm: variance in float32, cast, then the weight.
  def rms(self: __torch__.Net, x: Tensor, w: Tensor, eps: float) -> Tensor:
    return torch.type_as(torch.rms_norm(torch.to(x, 6), [x.size(-1)], None, eps), x) * w
  # y = x w' + (x A') B', the second term with float32 A, B where an adapter has this matrix. B holds the scaling.
  def adapted(self: __torch__.Net, x: Tensor, w: Tensor, lora: List[Tensor], at: int) -> Tensor:
    y = self.linear(x, w, None)
    if len(lora) > 0:
      if lora[at].numel() > 0:
        y = y + torch.type_as(torch.linear(torch.linear(torch.to(x, 6), lora[at]), lora[at + 1]), y)
    return y
  # x [..., T, heads, head] rotated by position: the first half of a head pairs with the second.
  def rotate(self: __torch__.Net, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = x.size(-1) // 2
    a = torch.slice(x, -1, 0, half)
    b = torch.slice(x, -1, half, 2 * half)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
  # One block for positions [at, at + T). w: norm, q, k, v, o, norm, gate, up, down. Keys and values are written in place.
  def block(self: __torch__.Net, h: Tensor, w: List[Tensor], lora: List[Tensor], l: int, keys: Tensor, values: Tensor, at: int, cos: Tensor, sin: Tensor, mask: Optional[Tensor], eps: float) -> Tensor:
    t = h.size(0)
    groups = keys.size(0)
    head = keys.size(2)
    o = 1 + l * 9
    r = l * 14
    x = self.rms(h, w[o], eps)
    q = self.rotate(torch.view(self.adapted(x, w[o + 1], lora, r), [t, -1, head]), cos, sin)
    k = self.rotate(torch.view(self.adapted(x, w[o + 2], lora, r + 2), [t, groups, head]), cos, sin)
    v = torch.view(self.adapted(x, w[o + 3], lora, r + 4), [t, groups, head])
    torch.copy_(torch.slice(keys, 1, at, at + t), torch.transpose(k, 0, 1))
    torch.copy_(torch.slice(values, 1, at, at + t), torch.transpose(v, 0, 1))
    ks = torch.unsqueeze(torch.slice(keys, 1, 0, at + t), 0)
    vs = torch.unsqueeze(torch.slice(values, 1, 0, at + t), 0)
    qs = torch.unsqueeze(torch.transpose(q, 0, 1), 0)
    causal = torch.__and__(t > 1, at == 0)
    a = torch.scaled_dot_product_attention(qs, ks, vs, mask, 0., causal, scale=None, enable_gqa=torch.ne(q.size(1), groups))
    a = torch.reshape(torch.transpose(torch.squeeze(a, 0), 0, 1), [t, -1])
    h = h + self.adapted(a, w[o + 4], lora, r + 6)
    x = self.rms(h, w[o + 5], eps)
    m = torch.silu(self.adapted(x, w[o + 6], lora, r + 8)) * self.adapted(x, w[o + 7], lora, r + 10)
    return h + self.adapted(m, w[o + 8], lora, r + 12)
  # Embeddings [T, H] at positions [at, at + T) -> float32 logits [T, V] of all positions, or [1, V] of the last.
  # w: embeddings, 9 tensors a layer, norm, lm_head. lora: empty, or 14 tensors a layer (A, B for q, k, v, o, gate, up, down).
  def forward(self: __torch__.Net, h: Tensor, w: List[Tensor], lora: List[Tensor], keys: List[Tensor], values: List[Tensor], at: int, cos: Tensor, sin: Tensor, eps: float, all: bool) -> Tensor:
    t = h.size(0)
    c = torch.unsqueeze(torch.slice(cos, 0, at, at + t), 1)
    s = torch.unsqueeze(torch.slice(sin, 0, at, at + t), 1)
    mask = annotate(Optional[Tensor], None)
    if torch.__and__(t > 1, at > 0):
      mask = torch.tril(torch.ones([t, at + t], dtype=11, layout=None, device=ops.prim.device(h), pin_memory=None), at)
    for l in range(len(keys)):
      h = self.block(h, w, lora, l, keys[l], values[l], at, c, s, mask, eps)
    if torch.__not__(all):
      h = torch.slice(h, 0, t - 1, t)
    h = self.rms(h, w[len(w) - 2], eps)
    return torch.to(self.linear(h, w[len(w) - 1], None), 6)
  # As forward, for the single next id.
  def step(self: __torch__.Net, id: int, w: List[Tensor], lora: List[Tensor], keys: List[Tensor], values: List[Tensor], at: int, cos: Tensor, sin: Tensor, eps: float) -> Tensor:
    ids = torch.full([1], id, dtype=4, layout=None, device=ops.prim.device(cos), pin_memory=None)
    return self.forward(self.embed(ids, w), w, lora, keys, values, at, cos, sin, eps, False)
  # w + B A for one adapted matrix, in float32, then the type of w. B holds the scaling.
  def merge(self: __torch__.Net, w: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.type_as(torch.to(w, 6) + torch.mm(b, a), w)
