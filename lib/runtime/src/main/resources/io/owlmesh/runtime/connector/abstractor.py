  # Features [N, 1 + P, D] -> visual tokens [N, Q + 1, H]: the resampled queries, then the end-of-image token.
  # Without layers nothing is resampled: each of the 1 + P features is projected, and Q is 1 + P.
  # w: queries, 22 tensors a layer, visual_fc (w, b), end-of-image token.
  def resample(self: __torch__.Net, features: Tensor, w: List[Tensor], heads: int, eps: float) -> Tensor:
    return self.leave(self.visual_tokens(features, w, heads, eps, 0.))
  # As resample, for training: attention weights are dropped with this probability.
  def visual_tokens(self: __torch__.Net, features: Tensor, w: List[Tensor], heads: int, eps: float, dropout: float) -> Tensor:
    n = features.size(0)
    layers = (len(w) - 4) // 22
    e = torch.type_as(features, w[0])
    q = torch.expand(w[0], [n, w[0].size(1), w[0].size(2)])
    if torch.eq(layers, 0):
      q = e
    for l in range(layers):
      q = self.abstractor_layer(q, e, torch.slice(w, 1 + l * 22, 23 + l * 22), heads, eps, dropout)
    v = self.linear(q, w[len(w) - 3], w[len(w) - 2])
    return torch.cat([v, torch.expand(w[len(w) - 1], [n, 1, v.size(2)])], 1)
  # One layer of cross attention over queries and features. w: norm1, normk, query, key, value, out_proj, norm2, w1, w3,
  # ffn_ln, w2, each (w, b).
  def abstractor_layer(self: __torch__.Net, q: Tensor, e: Tensor, w: List[Tensor], heads: int, eps: float, dropout: float) -> Tensor:
    n = q.size(0)
    s = q.size(1)
    d = q.size(2)
    qn = self.layer_norm(q, w[0], w[1], 1e-05)
    en = self.layer_norm(e, w[2], w[3], 1e-05)
    kv = torch.cat([qn, en], 1)
    qh = torch.transpose(torch.view(self.linear(qn, w[4], w[5]), [n, s, heads, d // heads]), 1, 2)
    kh = torch.transpose(torch.view(self.linear(kv, w[6], w[7]), [n, kv.size(1), heads, d // heads]), 1, 2)
    vh = torch.transpose(torch.view(self.linear(kv, w[8], w[9]), [n, kv.size(1), heads, d // heads]), 1, 2)
    a = torch.scaled_dot_product_attention(qh, kh, vh, None, dropout)
    # The residual is the normalised query, not the query.
    r = qn + self.linear(torch.reshape(torch.transpose(a, 1, 2), [n, s, d]), w[10], w[11])
    z = self.layer_norm(r, w[12], w[13], 1e-05)
    m = torch.silu(self.linear(z, w[14], w[15])) * self.linear(z, w[16], w[17])
    return r + self.linear(self.layer_norm(m, w[18], w[19], eps), w[20], w[21])
