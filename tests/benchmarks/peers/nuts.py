"""BYM2 by NUTS in numpyro, chains one after the other until the least effective sample size is reached.

    python nuts.py data.npz chains least_size

Reads counts, expected, edges (m, 2) and the field's scaling factor; prints JSON. The field is free in its
mean, which is taken off again: the hard constraint, without the stiff direction that a soft one would add.
"""

import json
import os
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.diagnostics import effective_sample_size
from numpyro.infer import MCMC, NUTS

NAMES = ("log_risk", "sigma", "rho", "intercept")
WARM_UP, BLOCK, MOST_BLOCKS = 1000, 500, 12


def model(counts, expected, edges, factor):
    """Priors of the product: sigma half-normal(1), rho Beta(0.5, 0.5), a flat intercept."""
    n = len(counts)
    intercept = numpyro.sample("intercept", dist.ImproperUniform(dist.constraints.real, (), ()))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1.0))
    rho = numpyro.sample("rho", dist.Beta(0.5, 0.5))
    own = numpyro.sample("own", dist.Normal(0, 1).expand([n]))
    free = numpyro.sample("free", dist.ImproperUniform(dist.constraints.real, (), (n,)))
    numpyro.factor("field", -0.5 * ((free[edges[:, 0]] - free[edges[:, 1]]) ** 2).sum())
    numpyro.factor("mean", -0.5 * n * free.mean() ** 2)
    shared = (free - free.mean()) / jnp.sqrt(factor)
    log_risk = intercept + sigma * (jnp.sqrt(1 - rho) * own + jnp.sqrt(rho) * shared)
    numpyro.deterministic("log_risk", log_risk)
    numpyro.sample("counts", dist.Poisson(expected * jnp.exp(log_risk)), obs=counts)


def sampler(chains, draws=BLOCK, warm_up=WARM_UP):
    """Chains in turn, so that CPU seconds are those of the work and not of waiting threads."""
    return MCMC(
        NUTS(model, target_accept_prob=0.9),
        num_warmup=warm_up,
        num_samples=draws,
        num_chains=chains,
        chain_method="sequential",
        progress_bar=False,
    )


def seconds(work):
    """CPU seconds of a call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main(path, chains, least):
    """Sample, look, sample on."""
    numpyro.enable_x64()
    with np.load(path) as data:
        given = data["counts"], data["expected"], data["edges"], float(data["factor"])
    compiled = seconds(lambda: sampler(1, 1, 1).run(jax.random.PRNGKey(1), *given))
    mcmc, kept, took, diverged = sampler(chains), [], 0.0, 0
    for block in range(MOST_BLOCKS):
        took += seconds(lambda key=block: mcmc.run(jax.random.PRNGKey(key), *given))
        drawn = mcmc.get_samples(group_by_chain=True)
        kept.append({name: np.asarray(drawn[name]) for name in NAMES})
        diverged += int(np.sum(mcmc.get_extra_fields()["diverging"]))
        every = {name: np.concatenate([one[name] for one in kept], axis=1) for name in kept[0]}
        sizes = {name: float(np.min(effective_sample_size(values))) for name, values in every.items()}
        if min(sizes.values()) >= least:
            break
        mcmc.post_warmup_state = mcmc.last_state
    risk = np.exp(every["log_risk"]).reshape(-1, len(given[0]))
    answer = {"seconds": took - compiled, "compile": compiled, "sizes": sizes, "draws": len(risk)}
    answer |= {"divergences": diverged}
    answer |= {"mean": risk.mean(axis=0).tolist(), "sd": risk.std(axis=0).tolist()}
    answer |= {"above_one": (risk > 1).mean(axis=0).tolist()}
    answer |= {name: [float(every[name].mean()), float(every[name].std())] for name in ("sigma", "rho")}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
