"""Conditions: CEL, type-checked when a flow is read, evaluated in microseconds during a call."""
