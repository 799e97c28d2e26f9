"""Vector code: pointers that load and store vectors."""

from typing import Any

from llvmlite import ir

from .jit import LANES
from .vectors import INT, WIDTH, Integer, Value, Vector


class Pointer(Value):
    """A pointer to numbers, or to 32 of them at a time; adding n moves it by n elements.

    Parameters
    ----------
    count : int, optional
        Numbers in the vectors that it loads; by default as many as 64 bytes hold.
    """

    def __init__(self, builder: ir.IRBuilder, value: Any, count: int | None = None) -> None:
        super().__init__(builder, value)
        self.count = count or WIDTH // self.align

    def like(self, value: Any) -> "Pointer":
        """Wrap another pointer, which loads as many numbers."""
        return Pointer(self.builder, value, self.count)

    def by(self, count: int) -> "Pointer":
        """Return a pointer that loads `count` numbers in a vector."""
        return Pointer(self.builder, self.value, count)

    def __add__(self, n: Integer | int) -> "Pointer":
        offset = n.value if isinstance(n, Integer) else INT(n)
        return self.like(self.builder.gep(self.value, [offset]))

    @property
    def own(self) -> bool:
        """Whether what it points to is one number for each lane."""
        return isinstance(self.value.type.pointee, ir.ArrayType)

    @property
    def real(self) -> Any:
        """The type of the numbers."""
        return self.value.type.pointee.element if self.own else self.value.type.pointee

    @property
    def align(self) -> int:
        """Bytes of a number."""
        return 8 if self.real == ir.DoubleType() else 4

    @property
    def flat(self) -> "Pointer":
        """The same place, as a pointer to single numbers."""
        return self.like(self.builder.bitcast(self.value, self.real.as_pointer()))

    def from_lane(self, lane: Integer) -> "Pointer":
        """Return the pointer to the numbers of the lanes from this one on."""
        if not self.own:
            return self
        return self.like(self.builder.bitcast((self.flat + lane).value, self.value.type))

    def weight(self, n: Integer | int, lane: int) -> Vector:
        """Load weight n of the vector of lanes that begins at this one."""
        return (self + n).flat.vector(lane) if self.own else self.broadcast(n)

    def _vector(self, n: Integer | int) -> Any:
        vector = ir.VectorType(self.real, self.count)
        return self.builder.bitcast((self + n).value, vector.as_pointer())

    def vector(self, n: Integer | int = 0) -> Vector:
        """Load the vector that begins n numbers further on."""
        return Vector(self.builder, self.builder.load(self._vector(n), align=self.align))

    def vectors(self, n: Integer, numbers: int) -> list[Vector]:
        """Load numbers from n further on, as vectors."""
        return [self.vector(n + i) for i in range(0, numbers, self.count)]

    def store(self, vector: Vector, n: Integer | int = 0) -> None:
        """Store a vector n numbers further on."""
        self.builder.store(vector.value, self._vector(n), align=self.align)

    def splat(self, number: Any) -> Vector:
        """Return a vector that holds a constant or computed number in each place."""
        vector = ir.VectorType(self.real, self.count)
        if isinstance(number, float):
            return Vector(self.builder, ir.Constant(vector, [number] * self.count))
        nothing = ir.Constant(vector, ir.Undefined)
        places = ir.Constant(ir.VectorType(ir.IntType(32), self.count), [0] * self.count)
        first = self.builder.insert_element(nothing, number, ir.IntType(32)(0))
        return Vector(self.builder, self.builder.shuffle_vector(first, nothing, places))

    def converted(self, n: Integer) -> Vector:
        """Return an integer as a number in each place of a vector."""
        return self.splat(self.builder.sitofp(n.value, self.real))

    def broadcast(self, n: Integer | int = 0) -> Vector:
        """Return a vector that holds the number n further on in each place."""
        return self.splat(self.builder.load((self + n).value))

    def down(self, n_rows: int) -> Vector:
        """Load the first number of each of some rows of 32."""
        vector = ir.Constant(ir.VectorType(self.real, n_rows), ir.Undefined)
        for i in range(n_rows):
            number = self.builder.load((self + i * LANES).value)
            vector = self.builder.insert_element(vector, number, ir.IntType(32)(i))
        return Vector(self.builder, vector)

    def store_down(self, numbers: Vector) -> None:
        """Store each number in a row of 32 of its own, in all places of the first vector."""
        for i in range(numbers.value.type.count):
            self.store(numbers.taken([i] * self.count), i * LANES)

    def add(self, numbers: Vector, n: Integer | int = 0) -> None:
        """Add to the numbers that begin n further on."""
        place = self.by(numbers.value.type.count)
        place.store(place.vector(n) + numbers, n)
