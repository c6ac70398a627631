"""The Sphinx extensions that make this site."""
