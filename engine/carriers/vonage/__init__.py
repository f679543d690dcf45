"""Vonage: websockets of the Voice API, NCCOs, webhooks signed by JWT."""
