"""The other side of the line, to practise with.

- `loopback`: a carrier with callers and buyers, over real sockets (`cordboard dial`, the journeys).
- `stories`, `virtual_world`, `simulation`: calls on a clock that jumps (`cordboard test`, `sim`).
- `what_if`: what another revision would have made of a call (`cordboard replay --against`).
"""
