"""Asterisk: its media websocket, a dialplan that asks as a hosted carrier would, ARI for what is dialled."""
