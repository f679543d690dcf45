"""jambonz: the listen verb's websockets, verbs, signed webhooks."""
