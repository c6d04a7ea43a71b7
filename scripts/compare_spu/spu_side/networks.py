"""The networks and optimizers of the benchmark in JAX: those of the SPU paper (USENIX ATC 2023)."""
import jax.numpy as jnp
from jax.example_libraries import optimizers
from jax.example_libraries.stax import Conv, Dense, Flatten, MaxPool, Relu, serial


def convolution(features):
    return Conv(features, (5, 5), (1, 1), "VALID"), MaxPool((2, 2), (2, 2)), Relu


NETWORKS = {
    "a": lambda: serial(Flatten, Dense(128), Relu, Dense(128), Relu, Dense(10)),
    "b": lambda: serial(*convolution(16), *convolution(16), Flatten, Dense(100), Relu, Dense(10)),
    "c": lambda: serial(*convolution(20), *convolution(50), Flatten, Dense(500), Relu, Dense(10)),
    "d": lambda: serial(Conv(5, (5, 5), (2, 2), "SAME"), Relu, Flatten, Dense(100), Relu, Dense(10)),
}


@optimizers.optimizer
def amsgrad(rate, decay1=0.9, decay2=0.999, epsilon=1e-8):
    """Reddi et al. (2018), without bias correction."""
    def init(weights):
        return weights, jnp.zeros_like(weights), jnp.zeros_like(weights), jnp.zeros_like(weights)

    def update(_step, gradient, state):
        weights, mean, square, largest = state
        mean = decay1 * mean + (1 - decay1) * gradient
        square = decay2 * square + (1 - decay2) * gradient * gradient
        largest = jnp.maximum(largest, square)
        return weights - rate * mean / (jnp.sqrt(largest) + epsilon), mean, square, largest

    return init, update, lambda state: state[0]


OPTIMIZERS = {
    "sgd": lambda: optimizers.momentum(0.01, 0.9),
    "adam": lambda: optimizers.adam(0.001),
    "amsgrad": lambda: amsgrad(0.001),
}
