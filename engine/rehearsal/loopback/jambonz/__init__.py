"""jambonz as the loopback carrier plays it."""
