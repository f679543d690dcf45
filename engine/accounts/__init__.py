"""What is told of calls and money: reports, exports, disputes, corrections."""
