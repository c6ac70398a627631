"""Decide who has earned a certificate, and write the signed file."""
