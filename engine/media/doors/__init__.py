"""What both ports have at their doors: who comes in, in what order, and what is logged of those sent away."""
