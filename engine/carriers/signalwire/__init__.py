"""SignalWire: Twilio's kin, by its compatibility API."""
