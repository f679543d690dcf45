"""Everything that carries sound: carriers, lines, prompts and the relay.

Media knows streams, keys, marks and clips. It knows nothing of flows, calls' records or money; whoever
opens the server gets a `Line` for each leg and listens to it.
"""
