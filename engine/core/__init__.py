"""The call machine: events in, commands out. Pure: no clock, no randomness, no I/O.

Read in this order: events, commands, facts, call, gathering, bridging, machine, journal, replay.
"""
