"""A browser as a telephone: a tab calls, and tabs are rung, each over a websocket of its own."""
