"""What is counted or listed over many calls."""
