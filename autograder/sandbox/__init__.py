"""Warm, forked, confined processes."""
