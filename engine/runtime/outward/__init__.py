"""What the engine asks of others, and sends to them, over HTTP."""
