"""Twilio: Media Streams, TwiML, the Calls API, X-Twilio-Signature."""
