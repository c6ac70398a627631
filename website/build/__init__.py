"""The gated Sphinx build: exercises, cells, leaks, exercise pages."""
