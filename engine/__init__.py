"""Cordboard: an engine for conversational IVR and call flows."""
