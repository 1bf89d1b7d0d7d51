"""What belongs to every request and answer, whatever its address."""
