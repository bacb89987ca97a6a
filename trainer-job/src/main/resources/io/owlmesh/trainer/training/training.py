  # A tensor of a checkpoint as one of our own; as adopt, but what inference mode makes cannot take part in learning.
  # how: whether raw is bfloat16 under another name, the type to be.
  def enter(self: __torch__.Net, raw: Tensor, how: Tensor) -> Tensor:
    n = annotate(List[int], how.tolist())
    return torch.clone(torch.detach(self.adopt(raw, torch.eq(n[0], 1), n[1])))
  # One step of training in one call: forward, backward, gradients added to g. The whole network is a chain of segments:
  #   0                    pixels -> patches
  #   1 .. V               blocks of the vision encoder
  #   V + 1                last norm, abstractor, embeddings, visual tokens written over their places: [B, T, H]
  #   V + 2 .. V + 1 + L   blocks of the language model
  #   V + 2 + L            last norm, logits of the trained targets alone, loss
  # Text alone begins at segment V + 1.
  #
  # pixels [N, 3, S, S]; ids [B, T] int64, negative at visual positions; places [N (Q + 1)] of visual tokens in [B T];
  # at [K] positions in [B T] that predict; targets [K] what they should.
  # trained [G]: which of w are learnt, as float32 masters; casts [G]: 1 where they compute in the working type.
  # sizes: see the reads below. numbers: epsilons of vision, abstractor and language model, base of the rotary embedding,
  # factor of the summed loss, scaling and dropout of the LoRA, dropout of the abstractor.
  # w: vision encoder, abstractor, language model, LoRA (14 a layer, or none). g [G]: gradients so far.
  # -> the loss, times the factor.
  def learn(self: __torch__.Net, pixels: Tensor, ids: Tensor, places: Tensor, at: Tensor, targets: Tensor, trained: Tensor, casts: Tensor, sizes: Tensor, numbers: Tensor, w: List[Tensor], g: List[Tensor]) -> Tensor:
    n = annotate(List[int], sizes.tolist())
    f = annotate(List[float], numbers.tolist())
    index = annotate(List[int], trained.tolist())
    cast = annotate(List[int], casts.tolist())
    leaves = annotate(List[Tensor], [])
    _0 = torch.set_grad_enabled(True)
    for i in range(len(index)):
      torch.append(leaves, torch.requires_grad_(torch.detach(w[index[i]]), True))
    begin = 0
    x = pixels
    if torch.eq(pixels.size(0), 0):
      begin = n[2] + 1
    end = n[2] + 3 + n[3]
    if torch.eq(n[9], 2):
      # To measure alone.
      _3 = torch.set_grad_enabled(False)
      v = self.weights(w, index, cast, leaves, n[10])
      for s in range(begin, end):
        x = self.segment(s, x, ids, places, at, targets, n, f, v)
      loss = x
    elif torch.eq(n[9], 0):
      v = self.weights(w, index, cast, leaves, n[10])
      for s in range(begin, end):
        x = self.segment(s, x, ids, places, at, targets, n, f, v)
      loss = x
      _1 = self.add(self.gradients([x], leaves, annotate(Optional[Tensor], None)), 0, g)
    else:
      loss = self.checkpointed(begin, end, x, ids, places, at, targets, n, f, w, index, cast, leaves, g)
    _2 = torch.set_grad_enabled(False)
    return torch.detach(loss)
  # The chain without recording but for its inputs; then, from the last segment, each again and backwards through it.
  def checkpointed(self: __torch__.Net, begin: int, end: int, pixels: Tensor, ids: Tensor, places: Tensor, at: Tensor, targets: Tensor, n: List[int], f: List[float], w: List[Tensor], index: List[int], cast: List[int], leaves: List[Tensor], g: List[Tensor]) -> Tensor:
    inputs = annotate(List[Tensor], [])
    _0 = torch.set_grad_enabled(False)
    v = self.weights(w, index, cast, leaves, n[10])
    x = pixels
    for s in range(begin, end):
      torch.append(inputs, x)
      x = self.segment(s, x, ids, places, at, targets, n, f, v)
    loss = x
    _1 = torch.set_grad_enabled(True)
    seed = annotate(Optional[Tensor], None)
    # Segments before the first that learns need no gradient.
    first = n[11]
    if first < begin:
      first = begin
    for k in range(end - first):
      s = end - 1 - k
      v = self.weights(w, index, cast, leaves, n[10])
      h = torch.detach(torch.pop(inputs))
      front = torch.__or__(torch.eq(s, 0), torch.__and__(torch.eq(s, begin), begin > 0))
      h = torch.requires_grad_(h, torch.__not__(front))
      y = self.segment(s, h, ids, places, at, targets, n, f, v)
      to = annotate(List[Tensor], [])
      if torch.__not__(front):
        torch.append(to, h)
      torch.extend(to, leaves)
      if ops.prim.requires_grad(y):
        d = self.gradients([y], to, seed)
        if torch.__not__(front):
          seed = d[0]
          _2 = self.add(d, 1, g)
        else:
          _3 = self.add(d, 0, g)
    return loss
  # w with the masters that learn in their places, in the type that they compute in.
  def weights(self: __torch__.Net, w: List[Tensor], index: List[int], cast: List[int], leaves: List[Tensor], dtype: int) -> List[Tensor]:
    v = torch.list(w)
    for i in range(len(index)):
      x = leaves[i]
      if torch.eq(cast[i], 1):
        x = torch.to(x, dtype)
      _0 = torch._set_item(v, index[i], x)
    return v
  def gradients(self: __torch__.Net, y: List[Tensor], to: List[Tensor], seed: Optional[Tensor]) -> List[Optional[Tensor]]:
    seeds = annotate(List[Optional[Tensor]], [seed])
    return torch.grad(y, to, seeds, False, False, True)
  # Adds gradients, from one on, to g.
  def add(self: __torch__.Net, d: List[Optional[Tensor]], from_: int, g: List[Tensor]) -> int:
    for i in range(len(g)):
      di = d[from_ + i]
      if torch.__isnot__(di, None):
        _0 = torch.add_(g[i], unchecked_cast(Tensor, di))
    return 0
  def segment(self: __torch__.Net, s: int, x: Tensor, ids: Tensor, places: Tensor, at: Tensor, targets: Tensor, n: List[int], f: List[float], w: List[Tensor]) -> Tensor:
    # The same masks of dropout whether a segment is computed once or again.
    _0 = torch.manual_seed(n[8] + s)
    vision = torch.slice(w, 0, n[4])
    language = torch.slice(w, n[5], n[6])
    depth = n[2]
    if torch.eq(s, 0):
      y = self.patches(x, vision, f[0])
    elif s <= depth:
      y = self.vision_layer(x, torch.slice(vision, 5 + (s - 1) * 12, 17 + (s - 1) * 12), n[0], f[0])
    elif torch.eq(s, depth + 1):
      y = self.read(x, ids, places, vision, torch.slice(w, n[4], n[5]), language, n, f)
    elif s <= depth + 1 + n[3]:
      y = self.training_block(x, language, torch.slice(w, n[6]), s - depth - 2, n[7], n[12], f)
    else:
      y = self.loss(x, at, targets, language, f)
    return y
  # What the language model reads: embeddings of ids, and visual tokens at their places.
  def read(self: __torch__.Net, x: Tensor, ids: Tensor, places: Tensor, vision: List[Tensor], abstractor: List[Tensor], language: List[Tensor], n: List[int], f: List[float]) -> Tensor:
    h = torch.embedding(language[0], torch.clamp(ids, 0))
    if places.size(0) > 0:
      features = self.layer_norm(x, vision[len(vision) - 2], vision[len(vision) - 1], f[0])
      tokens = self.visual_tokens(features, abstractor, n[1], f[1], f[7])
      flat = torch.reshape(h, [-1, h.size(2)])
      flat = torch.index_copy(flat, 0, places, torch.type_as(torch.reshape(tokens, [-1, h.size(2)]), h))
      h = torch.view(flat, [ids.size(0), ids.size(1), h.size(2)])
    return h
  # One block of the language model over whole sequences [B, T, H].
  def training_block(self: __torch__.Net, h: Tensor, w: List[Tensor], lora: List[Tensor], l: int, groups: int, head: int, f: List[float]) -> Tensor:
    b = h.size(0)
    t = h.size(1)
    o = 1 + l * 9
    r = l * 14
    turn = self.rope(t, head, f[3], w)
    cos = torch.unsqueeze(turn[0], 1)
    sin = torch.unsqueeze(turn[1], 1)
    x = self.rms(h, w[o], f[2])
    q = self.rotate(torch.view(self.tuned(x, w[o + 1], lora, r, f), [b, t, -1, head]), cos, sin)
    k = self.rotate(torch.view(self.tuned(x, w[o + 2], lora, r + 2, f), [b, t, groups, head]), cos, sin)
    v = torch.view(self.tuned(x, w[o + 3], lora, r + 4, f), [b, t, groups, head])
    a = torch.scaled_dot_product_attention(torch.transpose(q, 1, 2), torch.transpose(k, 1, 2), torch.transpose(v, 1, 2), None, 0., True, scale=None, enable_gqa=torch.ne(q.size(2), groups))
    a = torch.reshape(torch.transpose(a, 1, 2), [b, t, -1])
    h = h + self.tuned(a, w[o + 4], lora, r + 6, f)
    x = self.rms(h, w[o + 5], f[2])
    m = torch.silu(self.tuned(x, w[o + 6], lora, r + 8, f)) * self.tuned(x, w[o + 7], lora, r + 10, f)
    return h + self.tuned(m, w[o + 8], lora, r + 12, f)
  # y = x w' + scaling * dropped(x) A' B', the second term in float32 where there is one.
  def tuned(self: __torch__.Net, x: Tensor, w: Tensor, lora: List[Tensor], at: int, f: List[float]) -> Tensor:
    y = torch.linear(x, w)
    if len(lora) > 0:
      if lora[at].numel() > 0:
        z = torch.to(x, 6)
        if f[6] > 0.:
          z = torch.dropout(z, f[6], True)
        y = y + torch.type_as(torch.linear(torch.linear(z, lora[at]), lora[at + 1]) * f[5], y)
    return y
  # Sum over the targets of -log p, times the factor; logits in float32.
  def loss(self: __torch__.Net, h: Tensor, at: Tensor, targets: Tensor, w: List[Tensor], f: List[float]) -> Tensor:
    x = torch.index_select(torch.reshape(h, [-1, h.size(2)]), 0, at)
    x = self.rms(x, w[len(w) - 2], f[2])
    logits = torch.to(torch.linear(x, w[len(w) - 1]), 6)
    return torch.cross_entropy_loss(logits, targets, None, 2, -100, 0.) * f[4]
  # Clips the gradients to a norm over all of them together, then AdamW, then gradients zero. Nothing changes if the norm
  # is no number. t: masters. first, second: moments. steps: a number each. numbers: learning rate, betas, epsilon, weight
  # decay, norm (0: no limit). -> [norm before clipping].
  def update(self: __torch__.Net, numbers: Tensor, t: List[Tensor], g: List[Tensor], first: List[Tensor], second: List[Tensor], steps: List[Tensor]) -> Tensor:
    f = annotate(List[float], numbers.tolist())
    norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g, 2)), 2)
    if bool(torch.isfinite(norm)):
      if f[5] > 0.:
        _0 = torch._foreach_mul_(g, torch.clamp(f[5] / (norm + 1e-06), None, 1.))
      _1 = torch._foreach_add_(steps, 1)
      _2 = ops.aten._fused_adamw_(t, g, first, second, annotate(List[Tensor], []), steps, lr=f[0], beta1=f[1], beta2=f[2], weight_decay=f[4], eps=f[3], amsgrad=False, maximize=False, grad_scale=None, found_inf=None)
    _3 = torch._foreach_zero_(g)
    return norm
