"""Who wants this call, in which order, at what price, and was it billable. Pure."""
