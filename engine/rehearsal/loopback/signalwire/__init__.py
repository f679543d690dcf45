"""SignalWire as the loopback carrier plays it."""
