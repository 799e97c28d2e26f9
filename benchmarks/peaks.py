"""Measured peaks of the machine: multiply-adds and tanh values a second.

Both are in float32, on one thread and on as many as there are processors. They make the
roofline: no pass is faster than its multiply-adds at the one rate plus its tanh values at
the other, unless it overlaps the two.

Notes
-----
The multiply-adds are 24 independent chains of the machine's own vectors, in registers, which
no program can beat. They are written in LLVM's language, because a loop that numba
vectorizes reads and writes memory.

The tanh is the fastest that is known on the machine: of the engine's forms those that it can run,
whichever of them the engine uses. One takes a division, whose rate alone is reported as well.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numba
import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from metarnn.engine.emission import elementwise
from metarnn.engine.jit import LANES, Reals, Variant, call, kernel, routine
from metarnn.engine.tanh_forms import FORMS, HOST_FORM

CHAINS = 24
ROUNDS = 20


@dataclass(frozen=True)
class Peak:
    """Rates of all threads together, in 1e9 a second; a multiply-add counts as 2."""

    n_threads: int
    gflops: float
    gtanh: float
    gdivisions: float

    def or_better(self, other: "Peak") -> "Peak":
        """Return the higher rate of each kind."""
        return Peak(
            self.n_threads,
            max(self.gflops, other.gflops),
            max(self.gtanh, other.gtanh),
            max(self.gdivisions, other.gdivisions),
        )

    def seconds(self, flops: float, n_tanh: float) -> float:
        """Return the roofline of a pass."""
        return (flops / self.gflops + n_tanh / self.gtanh) / 1e9


def n_cores() -> int:
    """Return the number of processors that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def vector_width() -> int:
    """Return how many float32 a vector register of this machine holds."""
    features = binding.get_host_cpu_features()
    return 16 if features.get("avx512f") else 8 if features.get("avx") else 4


def measure_peak(
    n_threads: int, rounds: int = ROUNDS, clock: Callable[[], float] = time.perf_counter
) -> Peak:
    """Return the highest rates of some rounds on a number of threads."""
    rate = partial(_rate, n_threads=n_threads, rounds=rounds, clock=clock)
    x = np.linspace(-3, 3, 1536)  # fits the first cache; 0 is not among them
    repeats = 1000
    flops = 2.0 * CHAINS * vector_width() * 200_000
    return Peak(
        n_threads,
        flops * rate(lambda: _multiply_adds(200_000, 0.999, 0.001)) / 1e9,
        x.size * repeats * max(rate(_on(x, tanh, repeats)) for tanh in tanh_kernels()) / 1e9,
        x.size * repeats * rate(_on(x, _divisions, repeats)) / 1e9,
    )


@cache
def tanh_kernels() -> list[Callable[..., object]]:
    """Return the kernels (n, x, y) of tanh that this machine can run: y = tanh(x), n times."""
    return [_tanh_kernel(form) for form in {HOST_FORM, "rational"}]


def _tanh_kernel(form: str) -> Callable[..., object]:
    """Return the kernel of a form of the engine."""
    tanh_of = elementwise(lambda x: FORMS[form](x, 1.0, 1.0))

    @routine
    def rows(x: Reals, y: Reals, n_rows: int, lanes: int) -> None:
        tanh_of(x, y, n_rows, lanes)

    address = rows.address(Variant())
    return lambda n, x, y: _repeat(
        address, n, (x.ctypes.data, y.ctypes.data, x.size // LANES, LANES)
    )


@kernel
def _repeat(address, n, arguments):
    for _ in range(n):
        call(address, arguments)


def _on(x: np.ndarray, kernel: Callable[..., object], repeats: int) -> Callable[[], object]:
    """Return a call of the kernel on these numbers, where no vector straddles cache lines.

    Nor are what is read and what is written a multiple of 4096 bytes apart, which processors
    take for the same place.
    """

    def call() -> None:
        memory = np.empty(2 * x.size + 16, np.float32)
        start = -memory.ctypes.data % 64 // 4
        given, answer = memory[start : start + 2 * x.size].reshape(2, -1)
        given[:] = x
        kernel(repeats, given, answer)

    return call


def _rate(
    work: Callable[[], object], n_threads: int, rounds: int, clock: Callable[[], float]
) -> float:
    """Return the highest number of calls a second of a number of threads together."""
    work()  # compiles

    def repeated() -> None:
        for _ in range(20):
            work()

    best = np.inf
    with ThreadPoolExecutor(n_threads) as pool:
        for _ in range(rounds):
            began = clock()
            for done in [pool.submit(repeated) for _ in range(n_threads)]:
                done.result()
            best = min(best, clock() - began)
    return 20 * n_threads / best


def taken_by_others(seconds: float = 0.5) -> float:
    """Return the fraction of the processors' time that other programs take at present."""
    _multiply_adds(1, 0.999, 0.001)  # compiles
    n_threads = n_cores()

    def busy() -> None:
        while time.perf_counter() < end:
            _multiply_adds(100_000, 0.999, 0.001)

    with ThreadPoolExecutor(n_threads) as pool:
        began, used = time.perf_counter(), time.process_time()
        end = began + seconds
        for done in [pool.submit(busy) for _ in range(n_threads)]:
            done.result()
        wall, used = time.perf_counter() - began, time.process_time() - used
    return max(0.0, 1 - used / (wall * n_threads))


@intrinsic
def _chains(typing_context, n, factor, summand):
    """Return a sum over vectors that are each n times multiplied and added to."""

    def build(context, builder, signature, arguments):
        n, factor, summand = arguments
        vector = ir.VectorType(ir.FloatType(), vector_width())
        index = ir.IntType(32)

        def filled(number):
            whole = vector(ir.Undefined)
            for lane in range(vector.count):
                whole = builder.insert_element(whole, number, index(lane))
            return whole

        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{vector.count}f32"
        )
        factors, summands = filled(factor), filled(summand)
        before = builder.block
        body = builder.append_basic_block("multiply_adds")
        after = builder.append_basic_block("done")
        builder.branch(body)
        builder.position_at_end(body)
        count = builder.phi(n.type)
        count.add_incoming(n.type(0), before)
        values = [builder.phi(vector) for _ in range(CHAINS)]
        ends = [builder.call(fma, [value, factors, summands]) for value in values]
        for number, (value, end) in enumerate(zip(values, ends, strict=True)):
            value.add_incoming(vector([float(number)] * vector.count), before)
            value.add_incoming(end, body)
        following = builder.add(count, n.type(1))
        count.add_incoming(following, body)
        builder.cbranch(builder.icmp_signed("<", following, n), body, after)
        builder.position_at_end(after)
        total = ends[0]
        for end in ends[1:]:
            total = builder.fadd(total, end)
        result = builder.extract_element(total, index(0))
        for lane in range(1, vector.count):
            result = builder.fadd(result, builder.extract_element(total, index(lane)))
        return result

    return types.float32(types.int64, types.float32, types.float32), build


@numba.njit(nogil=True)
def _multiply_adds(n, factor, summand):
    return _chains(n, np.float32(factor), np.float32(summand))


@numba.njit(nogil=True, error_model="numpy")
def _divisions(n, x, y):
    for _ in range(n):
        for i in range(x.size):
            y[i] = np.float32(8.0) / x[i]
