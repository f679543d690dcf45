"""One file a table or a group of them: its columns, and the reading and writing of its rows."""
