"""Rows of tables by the hundred thousand, read and written as tuples, past model instances."""
