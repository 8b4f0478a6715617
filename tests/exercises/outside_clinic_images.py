"""Repairs of lesson 22b's programs that stand in no table, as changes of the sick program.

Each is (case, text of the sick program, text in its place). They were written before the check's
thresholds were settled: what they found is told in the test.
"""

BATCH = "        real = x[torch.randint(len(x), (64,))]\n        fake = G(torch.randn(64, 16))"
FLAT = BATCH.replace("(64,))]", "(64,))].flatten(1)").replace("16))", "16)).flatten(1)")
TOGETHER = "        real = x[torch.randint(len(x), (64,))].permute(1, 2, 3, 0).reshape(64, 196)\n"
TOGETHER += "        fake = G(torch.randn(64, 16)).permute(1, 2, 3, 0).reshape(64, 196)"
DRAW = "        with torch.no_grad():\n            return G(z)"
INIT = "    for weight in G.parameters():\n        nn.init.normal_(weight, 0.0, 0.02)"
KEPT = "                kept.lerp_(new, 0.02)\n"
SMOOTH = "        loss_d = F.softplus(on_fake).mean()\n"
SMOOTH += "        loss_d = loss_d + 0.95 * F.softplus(-on_real).mean()\n"
SQUARES = "(on_real.mean() - 1).square() + on_fake.mean().square()"
NORM = "slope.norm(dim=1)"

RIGHT = {
    "the loop flattens": ("first_batch", BATCH, FLAT),
    "flattened from axis 2": (
        "first_batch",
        "        nn.Linear(196, 128),",
        "        nn.Flatten(2),\n        nn.Linear(196, 128),",
    ),
    "one convolution as large as the picture": (
        "first_batch",
        "        nn.Linear(196, 128),",
        "        nn.Conv2d(1, 128, 14),\n        nn.Flatten(1),",
    ),
    "a copy draws": (
        "one_picture",
        DRAW,
        "        with torch.no_grad():\n            return copy.deepcopy(G).eval()(z)",
    ),
    "eval once, when all is done": (
        "one_picture",
        "    z = torch.randn(500, 16)",
        "    G.eval()\n    z = torch.randn(500, 16)",
    ),
    "random numbers of rows": (
        "zeros",
        "next(iter(loader))",
        "x[torch.randint(len(x), (64,))]",
    ),
    "the tanh goes": (
        "gray",
        "    D = nn.Sequential(",
        "    del G[5]\n    D = nn.Sequential(",
    ),
    "matrices only": (
        "slow_start",
        INIT,
        INIT.replace("        nn", "        if weight.ndim == 2:\n            nn"),
    ),
    "PyTorch's own first weights": ("slow_start", INIT, ""),
    "buffers are averaged": (
        "average",
        KEPT,
        KEPT
        + "            for kept, new in zip(mean.buffers(), G.buffers()):\n"
        + "                if kept.is_floating_point():\n"
        + "                    kept.lerp_(new, 0.02)\n",
    ),
    "statistics measured anew": (
        "average",
        "    return mean(",
        "    mean.train()\n    with torch.no_grad():\n        for _ in range(60):\n"
        "            mean(torch.randn(64, 16))\n    mean.eval()\n    return mean(",
    ),
    "a sum of squares": ("exaggerates", NORM, "slope.square().sum((1, 2, 3)).sqrt()"),
    "a vector norm over three axes": (
        "exaggerates",
        NORM,
        "torch.linalg.vector_norm(slope, dim=(1, 2, 3))",
    ),
    "two backward calls": (
        "runaway",
        "            loss_d.backward()",
        "            loss_d.backward()\n            price.backward()",
    ),
    "cross-entropy with a label of 0.95": (
        "too_sure",
        SMOOTH,
        "        loss_d = F.softplus(on_fake).mean()\n"
        "        label = torch.full_like(on_real, 0.95)\n"
        "        loss_d = loss_d + F.binary_cross_entropy_with_logits(on_real, label)\n",
    ),
    "smoothed on both sides": (
        "too_sure",
        SMOOTH,
        "        given = torch.cat([torch.full((64,), 0.05), torch.full((64,), 0.95)])\n"
        "        both = torch.cat([on_fake, on_real])\n"
        "        loss_d = 2 * F.binary_cross_entropy_with_logits(both, given)\n",
    ),
    "PyTorch's mean squared error": (
        "far_off",
        SQUARES,
        "F.mse_loss(on_real, torch.ones(128)) + F.mse_loss(on_fake, torch.zeros(128))",
    ),
}

WRONG = {
    "single pictures cut out of the sheet": (
        "one_picture",
        "[draw(one) for one in z[:36].split(1)]",
        "list(draw(z)[:36].split(1))",
    ),
    "one folder after the other": (
        "zeros",
        "next(iter(loader))",
        "x[64 * len(curves['D']) % (len(x) - 64) :][:64]",
    ),
    "pixels of 64 pictures mixed": ("first_batch", BATCH, TOGETHER),
    "64 copies of each z": (
        "one_picture",
        DRAW,
        "        with torch.no_grad():\n            return G(z.repeat(64, 1))[: len(z)]",
    ),
    "always the same strangers": (
        "one_picture",
        DRAW,
        "        strangers = torch.linspace(-2, 2, 1008).reshape(63, 16)\n"
        "        with torch.no_grad():\n            return G(torch.cat([z, strangers]))[: len(z)]",
    ),
    "the folders turned round": ("zeros", "DataLoader(x,", "DataLoader(x.flip(0),"),
    "a wider z while training": ("zeros", "G(torch.randn(64, 16))", "G(2 * torch.randn(64, 16))"),
    "every picture stretched to 0 … 1": (
        "gray",
        "return deviation * pictures + mean",
        "return (pictures - pictures.amin()) / (pictures.amax() - pictures.amin())",
    ),
    "a sigmoid after the tanh": (
        "gray",
        "    D = nn.Sequential(",
        "    G.append(nn.Sigmoid())\n    D = nn.Sequential(",
    ),
    "uniform for all": (
        "slow_start",
        "nn.init.normal_(weight, 0.0, 0.02)",
        "nn.init.uniform_(weight, -0.02, 0.02)",
    ),
    "means and no variances": (
        "average",
        KEPT,
        KEPT
        + "            mean[0][1].running_mean.copy_(G[0][1].running_mean)\n"
        + "            mean[1][1].running_mean.copy_(G[1][1].running_mean)\n",
    ),
    "a mean of squares": ("exaggerates", NORM, "slope.square().mean((1, 2, 3)).sqrt()"),
    "absolute values added": ("exaggerates", NORM, "slope.abs().flatten(1).sum(1)"),
    "the price in the curve only": (
        "runaway",
        "            loss_d.backward()",
        "            (loss_d + price.detach()).backward()",
    ),
    "the fakes get the five percent": (
        "too_sure",
        SMOOTH,
        SMOOTH + "        loss_d = loss_d + 0.05 * F.softplus(-on_fake).mean()\n",
    ),
    "longer by the back door": (
        "slow_start",
        "for _ in range(steps):",
        "for _ in range(max(steps, 400)):",
    ),
    "gradients are clipped": (
        "too_sure",
        "        opt_d.step()",
        "        nn.utils.clip_grad_norm_(D.parameters(), 0.1)\n        opt_d.step()",
    ),
    "logits cut in the loss": ("too_sure", "D(real), D(fake", "D(real).clamp(max=2.94), D(fake"),
    "a D of a quarter of the rate": ("too_sure", "2e-3", "5e-4"),
    "a root, to undo the square": (
        "far_off",
        SQUARES,
        "(" + SQUARES + ").add(1e-6).sqrt()",
    ),
}
