"""Who earned a certificate, and the signed file."""
