"""What parties owe and are owed, as chains of hashes; disputes of it."""
